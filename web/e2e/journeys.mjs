// What people do, in order; later journeys use what earlier ones left on the screen or in the workspace.
import assert from 'node:assert/strict';

const env = process.env;
const nav = (page, name) => page.getByRole('navigation', { name: 'Workspace' }).getByRole('link', { name: new RegExp(`^${name}`) }).click();

/** Marks a journey that changes something. */
const writes = (run) => Object.assign(run, { writes: true });

async function openFirstIncident(page) {
  await nav(page, 'Incidents');
  await page.locator('table tbody tr').first().locator('a').first().click();
  await page.getByText('Incident timeline').waitFor();
}

/** Runs the query that the address carries and returns the text of the status line. */
async function runQuery(page, query) {
  const workspace = new URL(page.url()).pathname.split('/')[2];
  await page.goto(`/w/${workspace}/logs?q=${encodeURIComponent(query)}&time=P30D&run=1`);
  return page;
}

/** Signs in, by one-time link or by name and password. */
export const signIn = async (page) => {
  if (env.SIGNIN_URL) await page.goto(env.SIGNIN_URL);
  else {
    await page.goto('/');
    await page.getByLabel('User name').fill(env.USER_NAME ?? '');
    await page.getByLabel('Password').fill(env.PASSWORD ?? '');
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
};

/** Every page of the navigation, and what tells that it is there. */
const places = {
  Workbooks: 'Workbooks',
  Hunting: 'Hunting',
  Entities: 'Entities',
  'Content hub': 'Content hub',
  'Data connectors': 'Data connectors',
  Analytics: 'Analytics',
  'Entity behavior': 'Entity behavior configuration',
  Tables: 'Tables',
  'Dead letters': 'Dead letters',
};

export const daily = {
  'incidents-arrive': async (page) => {
    await nav(page, 'Incidents');
    // A new connection may still be reading: the list fills by itself.
    await page.locator('table tbody tr').first().waitFor({ timeout: Number(env.ARRIVAL_MS ?? 90_000) });
  },
  'filter-and-go-back': async (page) => {
    await page.getByRole('button', { name: /^Severity:/ }).click();
    await page.getByRole('menuitemcheckbox', { name: 'High' }).click();
    await page.keyboard.press('Escape');
    await page.waitForURL(/severity=High/);
    await page.goBack();
    await page.waitForURL((url) => !url.search.includes('severity'));
  },
  'edit-many': writes(async (page) => {
    for (const i of [0, 1]) await page.getByRole('table', { name: 'Incidents' }).getByRole('checkbox', { name: /^Tick incident/ }).nth(i).click();
    await page.getByRole('region', { name: 'Ticked incidents' }).getByRole('button', { name: 'Edit' }).click();
    const tag = `journey-${Date.now()}`;
    await page.getByLabel('Add tags').fill(tag);
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText(/2 incidents to change.*Nothing is changed yet/).waitFor();
    await page.getByRole('button', { name: 'Apply to 2 incidents' }).click();
    await page.getByRole('button', { name: tag }).nth(1).waitFor();
  }),
  'keyboard-triage': async (page) => {
    // From the queue to an incident and back with nothing but the keyboard.
    await page.locator('h1').first().click();
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.getByRole('table', { name: 'Incidents' }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('complementary', { name: /^Incident \d+/ }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('1 incident ticked').waitFor();
    await page.keyboard.press('x');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/incidents\/\d+/);
    await page.getByText('Incident timeline').waitFor();
  },
  'open-incident': openFirstIncident,
  'incident-tabs': async (page) => {
    for (const [tab, sign] of [['Alerts', /^Alerts \(|^No alerts/], ['Entities', /^Entities \(|^No entities/], ['Related', /^Related incidents \(|^No related/], ['Tasks', /^Tasks/]]) {
      await page.getByRole('tab', { name: new RegExp(`^${tab}`) }).click();
      await page.getByRole('tabpanel').getByRole('heading', { name: sign }).first().waitFor();
    }
  },
  task: writes(async (page) => {
    const name = `Call the user ${Date.now()}`;
    await page.getByLabel('New task').fill(name);
    await page.getByRole('button', { name: 'Add task' }).click();
    await page.getByRole('checkbox', { name }).click();
    await page.getByText(/of \d+ done/).waitFor();
  }),
  comment: writes(async (page) => {
    await page.getByRole('tab', { name: /^Activity/ }).click();
    const text = `Looked at by the browser journey ${Date.now()}`;
    await page.getByRole('textbox', { name: 'Comment' }).fill(text);
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    await page.getByText(text).first().waitFor();
  }),
  'close-with-classification': writes(async (page) => {
    await page.getByRole('combobox', { name: 'Status' }).click();
    await page.getByRole('option', { name: 'Closed' }).click();
    await page.getByText('True positive – suspicious activity').click();
    await page.getByLabel('Comment', { exact: true }).last().fill('Contained by the browser journey.');
    await page.getByRole('button', { name: 'Close incident' }).click();
    await page.getByRole('combobox', { name: 'Status' }).filter({ hasText: 'Closed' }).waitFor();
    await page.reload();
    await page.getByRole('combobox', { name: 'Status' }).filter({ hasText: 'Closed' }).waitFor();
    await page.getByText('Contained by the browser journey.').first().waitFor();
  }),
  'logs-rows': async (page) => {
    await runQuery(page, env.QUERY ?? 'SecurityIncident | take 50');
    await page.locator('[role=gridcell]').first().waitFor({ timeout: 60_000 });
    const status = await page.getByRole('status').filter({ hasText: 'row' }).first().innerText();
    assert.match(status, /^[1-9]/, `the query gave no rows: ${status}`);
    // The editor itself must come up too, not only its plain stand-in.
    await page.locator('[data-phase=ready]').waitFor({ timeout: 30_000 });
  },
  'logs-complete': async (page) => {
    const { pathname } = new URL(page.url());
    await page.goto(`/w/${pathname.split('/')[2]}/logs`);
    await page.locator('[data-phase=ready]').waitFor({ timeout: 30_000 });
    const answered = page.waitForResponse((r) => r.url().endsWith('/api/kql/complete') && r.ok());
    await page.locator('.monaco-editor').first().click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('SecurityIncident | wher', { delay: 20 });
    await answered;
    // Both services know the operator; it stands once.
    const where = page.locator('.suggest-widget .monaco-list-row').filter({ has: page.locator('.label-name', { hasText: /^where$/ }) });
    await where.first().waitFor();
    assert.equal(await where.count(), 1, 'where is offered twice');
    await page.keyboard.press('Escape');
  },
  'logs-chart': async (page) => {
    await runQuery(page, 'SecurityIncident | summarize count() by Severity | render piechart');
    await page.getByRole('img', { name: /piechart/ }).waitFor({ timeout: 60_000 });
  },
  'logs-error': async (page) => {
    await runQuery(page, env.BAD_QUERY ?? 'SecurityIncident | where NoSuchColumnNope == 1');
    await page.getByText('The query did not run').waitFor();
    await page.getByText(/Line 1, column \d+/).waitFor();
  },
  'connector-tables': writes(async (page) => {
    await nav(page, 'Data connectors');
    await page.getByRole('link', { name: /Microsoft Defender XDR/ }).first().click();
    const table = page.getByRole('checkbox', { name: env.TABLE ?? 'DeviceImageLoadEvents' });
    const choose = async (on) => {
      await table.click();
      await page.getByRole('button', { name: 'Apply changes' }).click();
      await page.getByText('The choice of tables is applied').first().waitFor();
      await page.reload();
      await table.waitFor();
      assert.equal(await table.isChecked(), on, 'the tick did not stay');
    };
    await table.waitFor();
    const before = await table.isChecked();
    await choose(!before);
    await choose(before); // what went by meanwhile is read again; the caller counts
  }),
  completeness: async (page) => {
    await nav(page, 'Data connectors');
    await page.getByRole('link', { name: /Microsoft Defender XDR/ }).first().click();
    await page.getByRole('tab', { name: 'Completeness' }).click();
    await page.getByRole('heading', { name: "Stored rows against the tenant's counts" }).waitFor();
    await page.waitForURL(/tab=completeness/);
  },
  'every-page': async (page) => {
    for (const [link, heading] of Object.entries(places)) {
      await nav(page, link);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.getByRole('progressbar').first().waitFor({ state: 'detached' });
      assert.equal(await page.getByText('This could not be loaded').count(), 0, `${link} shows an error`);
    }
  },
  'dark-theme': async (page) => {
    await page.getByRole('button', { name: 'Theme' }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    await page.locator(':root[data-theme=dark]').waitFor();
    await nav(page, 'Overview');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  },
  'sign-out': async (page) => {
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  },
};
