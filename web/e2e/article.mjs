// The way of a newcomer from a fresh workspace to the first query, step by step. Each step goes on where the last one ended.
import assert from 'node:assert/strict';

const env = process.env;
const arrival = Number(env.ARRIVAL_MS ?? 90_000);
const title = 'Microsoft Defender XDR';

const nav = (page, name) => page.getByRole('navigation', { name: 'Workspace' }).getByRole('link', { name: new RegExp(`^${name}`) });
const workspaceOf = (page) => new URL(page.url()).pathname.split('/')[2];

/** Opens the connector page the way the article does. */
async function openConnector(page, who) {
  await who.press(page, nav(page, 'Data connectors'));
  await who.press(page, page.getByRole('link', { name: `Open connector page of ${title}`, exact: true }));
  await page.getByRole('heading', { name: 'Configuration' }).waitFor();
}

/** Writes a query into the editor and runs it; returns how many rows the page tells. */
async function ask(page, who, query) {
  if (!page.url().includes('/logs')) await who.press(page, nav(page, 'Logs'));
  await page.locator('[data-phase=ready]').waitFor({ timeout: 60_000 });
  await who.type(page, page.locator('.monaco-editor'), '');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(query);
  // An open list of completions would take the keys.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+Enter');
  const status = page.getByRole('status').filter({ hasText: /\d+ rows?\b/ }).first();
  await page.waitForURL((url) => url.searchParams.get('q') === query);
  await status.waitFor({ timeout: 60_000 });
  return Number((await status.innerText()).replaceAll(/[\s ]/g, '').match(/^\d+/)?.[0] ?? 0);
}

/** Asks again until there are rows: what was connected a moment ago is still arriving. */
async function askUntil(page, who, query) {
  const end = Date.now() + arrival;
  for (;;) {
    const rows = await ask(page, who, query);
    if (rows > 0 || Date.now() > end) return rows;
    await page.waitForTimeout(2000);
  }
}

/** The steps for somebody with a mouse, or with a keyboard only. */
export function article(who) {
  let empty = ''; // address of an incident of Defender for Cloud
  return {
    'set-up-strip': async (page) => {
      const strip = page.getByRole('region', { name: 'Set up this workspace' });
      await strip.waitFor();
      assert.match(await strip.getByRole('status').innerText(), /^\d of 6 done$/);
      await who.press(page, strip.locator('a[href$="/content/defender-xdr"]').first());
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
    },
    'install-solution': async (page) => {
      await who.press(page, page.getByRole('button', { name: 'Install', exact: true }));
      await page.getByRole('button', { name: 'Remove' }).waitFor();
    },
    'connector-page': async (page) => {
      await openConnector(page, who);
      assert.ok((await page.getByText('Met', { exact: false }).count()) > 0, 'no prerequisite is told');
      for (const part of ['1. Connect incidents and alerts', '2. Connect entities', '3. Connect events']) await page.getByRole('heading', { name: part }).waitFor();
    },
    'connect-incidents': async (page) => {
      const box = page.getByRole('checkbox', { name: /^Turn off all Microsoft incident creation rules for these products/ });
      assert.ok(await box.isChecked(), 'the recommended box is not ticked');
      await who.press(page, page.getByRole('button', { name: 'Connect incidents & alerts' }));
      await page.getByText(/^Connected\. Last synchronised/).waitFor({ timeout: arrival });
      assert.equal(await box.count(), 0, 'the box is still there once connected');
      await page.getByText('All Microsoft incident creation rules for these products are off.').waitFor();
      await page.getByText(/Connected through/).first().waitFor({ timeout: arrival });
    },
    'connect-entities': async (page) => {
      await who.press(page, page.getByRole('link', { name: /^Go the UEBA configuration page/ }));
      await page.getByRole('heading', { name: 'Entity behavior configuration' }).waitFor();
      const on = page.getByRole('switch', { name: 'Entity behavior' });
      if (!(await on.isChecked())) await who.press(page, on);
      for (const name of [/^Active Directory \(Preview\)/, /^Microsoft Entra ID/]) {
        const box = page.getByRole('checkbox', { name });
        if (!(await box.isChecked())) await who.press(page, box);
      }
      await who.press(page, page.getByRole('button', { name: 'Apply', exact: true }));
      await page.getByText('The configuration is applied').first().waitFor();
    },
    'connect-events': async (page) => {
      await openConnector(page, who);
      for (const table of ['DeviceProcessEvents', 'DeviceNetworkEvents', 'EmailEvents', 'IdentityLogonEvents', 'CloudAppEvents', 'AlertInfo', 'AlertEvidence']) {
        const box = page.getByRole('checkbox', { name: table, exact: true });
        if (!(await box.isChecked())) await who.press(page, box);
      }
      await who.press(page, page.getByRole('button', { name: 'Apply changes' }));
      await page.getByText('The choice of tables is applied').first().waitFor();
    },
    'first-query': async (page) => {
      const rows = await askUntil(page, who, 'SecurityIncident | where ProviderName == "Microsoft 365 Defender" | take 100');
      assert.ok(rows > 0, 'no incident of the connector is in the table');
    },
    'people-arrive': async (page) => assert.ok((await askUntil(page, who, 'IdentityInfo | take 20')) > 0, 'nobody is in IdentityInfo'),
    'events-arrive': async (page) => assert.ok((await askUntil(page, who, 'DeviceProcessEvents | take 20')) > 0, 'no event is in DeviceProcessEvents'),
    'hunting-query': async (page) => {
      await who.press(page, nav(page, 'Hunting'));
      await who.press(page, page.getByRole('link', { name: 'Run in Logs' }).first());
      await page.getByRole('status').filter({ hasText: /\d+ rows?\b/ }).first().waitFor({ timeout: 60_000 });
    },
    'events-of-an-alert': async (page) => {
      await who.press(page, nav(page, 'Incidents'));
      await who.press(page, page.getByRole('table', { name: 'Incidents' }).getByRole('link').first());
      await page.getByText('Incident timeline').waitFor();
      await page.goto(`${page.url().split('?')[0]}?tab=alerts`);
      await who.press(page, page.getByRole('link', { name: 'Show events' }).first());
      await page.getByRole('status').filter({ hasText: /\d+ rows?\b/ }).first().waitFor({ timeout: 60_000 });
    },
    'retention-of-a-table': async (page) => {
      await who.press(page, nav(page, 'Tables'));
      await who.press(page, page.getByRole('button', { name: 'Manage table SecurityIncident' }));
      await who.type(page, page.getByLabel('Total retention in days'), '365');
      await who.press(page, page.getByRole('button', { name: 'Show what it does' }));
      await who.press(page, page.getByRole('button', { name: 'Apply', exact: true }));
      await page.getByRole('row', { name: /^SecurityIncident/ }).getByText('365 d').waitFor();
    },
    'empty-cloud-incident': async (page) => {
      await page.goto(`/w/${workspaceOf(page)}/incidents?sort=alerts&status=all`);
      const rows = page.getByRole('table', { name: 'Incidents' }).locator('tbody tr');
      await rows.first().waitFor();
      const links = await rows.getByRole('link').evaluateAll((all) => all.slice(0, 20).map((a) => a.getAttribute('href')));
      for (const link of links) {
        await page.goto(link);
        await page.getByText('Incident timeline').waitFor();
        if ((await page.getByText(/come only through a connector of their own/).count()) > 0) {
          empty = link;
          break;
        }
      }
      assert.notEqual(empty, '', 'no incident says that it waits for the connector of Defender for Cloud');
      await who.press(page, page.getByRole('link', { name: 'Open the Microsoft Defender for Cloud connector' }));
      await page.getByRole('heading', { level: 1, name: /Microsoft Defender for Cloud$/ }).waitFor();
    },
    'connect-defender-for-cloud': async (page) => {
      await who.press(page, page.getByRole('link', { name: 'Install Microsoft Defender for Cloud' }));
      await who.press(page, page.getByRole('button', { name: 'Install', exact: true }));
      await who.press(page, page.locator('a[href$="/connectors/defender-cloud"]').filter({ hasText: 'Open connector page' }));
      await who.press(page, page.getByRole('button', { name: 'Connect', exact: true }));
      await page.getByRole('button', { name: 'Disconnect', exact: true }).waitFor();
    },
    'cloud-incident-fills': async (page) => {
      await page.goto(empty);
      await page.getByRole('tab', { name: /^Alerts \([1-9]/ }).waitFor({ timeout: arrival });
    },
    'all-set-up': async (page) => {
      await page.goto(`/w/${workspaceOf(page)}`);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.getByRole('region', { name: 'Set up this workspace' }).waitFor({ state: 'detached', timeout: arrival });
    },
  };
}
