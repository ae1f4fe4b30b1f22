// Opens every page against the mock in light and dark, takes pictures, and checks accessibility, the content security
// policy and that nothing is asked of other hosts. usage: node dev/pages.mjs [outDir] [only]
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { makeMock } from './mock.mjs';

const out = process.argv[2] ?? 'dev/out';
const only = process.argv[3];
mkdirSync(out, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// The mock remembers what the first scheme did.
const keepOriginals = async (p) => {
  const off = p.getByRole('button', { name: 'Keep messages from now on' });
  if (await off.isVisible()) await off.click();
};
const kql = (q) => `q=${encodeURIComponent(q)}&run=1`;
const pages = [
  { name: 'signin', path: '/', mock: { signedIn: false }, wait: 'text=Sign in' },
  { name: 'overview', path: '/', wait: 'text=Rows in the last 24 hours' },
  { name: 'incidents', path: '/w/soc/incidents', wait: 'table tbody tr' },
  { name: 'incidents-preview', path: '/w/soc/incidents?selected=119&q=ransom', wait: 'text=View full details' },
  { name: 'incidents-empty', path: '/w/soc/incidents?q=zzzz', wait: 'text=No incident matches' },
  { name: 'incident', path: '/w/soc/incidents/120', wait: 'text=Incident timeline' },
  { name: 'incident-alerts', path: '/w/soc/incidents/120?tab=alerts', wait: 'text=Show all in Logs' },
  { name: 'incident-entities', path: '/w/soc/incidents/120?tab=entities', wait: 'text=Investigate in Logs' },
  { name: 'incident-related', path: '/w/soc/incidents/120?tab=related', wait: 'text=In common' },
  { name: 'incident-tasks', path: '/w/soc/incidents/120?tab=tasks', wait: 'text=New task' },
  { name: 'incident-merged', path: '/w/soc/incidents/109', wait: 'text=was merged into' },
  { name: 'incident-cloud', path: '/w/soc/incidents/114', wait: 'text=Open the Microsoft Defender for Cloud connector' },
  { name: 'incident-refused', path: '/w/soc/incidents/112', wait: 'text=Send again' },
  { name: 'incidents-bulk', path: '/w/soc/incidents', wait: 'table tbody tr', act: async (p) => { await p.getByRole('checkbox', { name: 'Tick all' }).click(); await p.getByRole('button', { name: 'Edit' }).click(); await p.waitForSelector('text=Add tags'); } },
  { name: 'incidents-bulk-preview', path: '/w/soc/incidents?merged=yes', wait: 'table tbody tr', act: async (p) => { await p.getByRole('checkbox', { name: 'Tick all' }).click(); await p.getByRole('button', { name: 'Edit' }).click(); await p.getByRole('combobox', { name: 'Severity' }).click(); await p.getByRole('option', { name: 'High' }).click(); await p.getByRole('button', { name: 'Preview' }).click(); await p.waitForSelector('text=Nothing is changed yet'); } },
  { name: 'entities', path: '/w/soc/entities', wait: 'text=FIN-WS-0231' },
  { name: 'entity', path: '/w/soc/entities/2', wait: 'text=Known of it' },
  { name: 'incident-activity', path: '/w/soc/incidents/119?tab=activity', wait: 'text=was changed in both portals' },
  { name: 'incident-close', path: '/w/soc/incidents/120', wait: 'text=Incident timeline', act: async (p) => { await p.getByRole('combobox', { name: 'Status' }).click(); await p.getByRole('option', { name: 'Closed' }).click(); await p.waitForSelector('text=True positive'); } },
  { name: 'logs-empty', path: '/w/soc/logs', wait: '[data-phase=ready]' },
  { name: 'logs-rows', path: `/w/soc/logs?${kql('DeviceProcessEvents\n| where FileName =~ "powershell.exe"')}`, wait: '[role=gridcell]', act: async (p) => { await p.locator('[role=gridcell] button').nth(2).click(); } },
  { name: 'logs-chart', path: `/w/soc/logs?${kql('DeviceEvents\n| summarize count() by bin(TimeGenerated, 1h), ActionType\n| render timechart')}`, wait: 'svg[role=img]' },
  { name: 'logs-pie', path: `/w/soc/logs?${kql('SecurityIncident\n| summarize count() by Severity\n| render piechart')}`, wait: 'svg[role=img]' },
  { name: 'logs-plan', path: `/w/soc/logs?${kql('DeviceEvents\n| take 5')}`, wait: '[role=gridcell]', act: async (p) => { await p.getByRole('tab', { name: 'Plan' }).click(); await p.waitForSelector('text=scan DeviceProcessEvents'); await p.getByRole('tab', { name: 'Functions' }).click(); } },
  { name: 'logs-error', path: `/w/soc/logs?${kql('DeviceEvents\n| where TableNope == 1')}`, wait: 'text=The query did not run' },
  { name: 'connectors', path: '/w/soc/connectors', wait: 'text=In solutions that are not installed' },
  { name: 'connector', path: '/w/soc/connectors/defender-xdr', wait: 'text=Connect events' },
  { name: 'connector-fresh', path: '/w/soc/connectors/defender-xdr', mock: { signedIn: true, connected: false }, wait: 'text=Connect events' },
  { name: 'connector-next', path: '/w/soc/connectors/defender-xdr?tab=next', wait: 'text=Run in Logs' },
  { name: 'completeness', path: '/w/soc/connectors/defender-xdr?tab=completeness', wait: 'text=812 rows missing', act: async (p) => { await p.getByText('Hours that differ').click(); await p.getByRole('button', { name: 'Backfill DeviceProcessEvents' }).click(); await p.waitForSelector('text=3 of 8 hours'); await p.getByRole('button', { name: 'Stop the backfill of DeviceProcessEvents' }).click(); await p.waitForSelector('text=Stopped, 305 rows fetched'); await p.getByRole('button', { name: 'Backfill all that is missing' }).click(); await p.waitForSelector('text=3 of 8 hours'); await p.getByRole('button', { name: /^Stop the/ }).click(); await p.waitForSelector('text=Stopped'); } },
  { name: 'originals', path: '/w/soc/connectors/defender-xdr?tab=originals', wait: 'text=Messages as they came', act: async (p) => { await keepOriginals(p); await p.waitForSelector('text=Kept for 3 days'); await p.getByRole('button', { name: 'Preview' }).click(); await p.waitForSelector('text=340 rows would be stored'); await p.getByRole('combobox', { name: 'Messages of' }).click(); await p.getByRole('option', { name: 'From – to' }).click(); await p.getByRole('button', { name: 'Replay', exact: true }).click(); await p.waitForSelector('text=Say from when on'); } },
  { name: 'originals-off', path: '/w/soc/connectors/defender-xdr?tab=originals', wait: 'text=Messages as they came', act: async (p) => { await keepOriginals(p); await p.waitForSelector('text=Kept for 3 days'); await p.getByRole('button', { name: 'Replay', exact: true }).click(); await p.waitForSelector('text=40 %'); await p.getByRole('button', { name: 'Stop' }).click(); await p.waitForSelector('text=was stopped'); await p.getByRole('button', { name: 'Switch off' }).click(); await p.waitForSelector('text=are removed for good'); } },
  { name: 'connector-product', path: '/w/soc/connectors/defender-identity', wait: 'text=Connect alerts' },
  { name: 'connector-cloud', path: '/w/soc/connectors/defender-cloud', wait: 'text=Connect alerts' },
  { name: 'content', path: '/w/soc/content', wait: 'text=Microsoft Defender for Identity' },
  { name: 'solution', path: '/w/soc/content/defender-xdr', wait: 'text=Open connector page' },
  { name: 'solution-rules', path: '/w/soc/content/defender-xdr', wait: 'text=Open connector page', act: async (p) => { await p.getByRole('tab', { name: /Analytics rules/ }).click(); await p.waitForSelector('text=Shadow copies deleted'); } },
  { name: 'hunting', path: '/w/soc/hunting', wait: 'text=LDAP enumeration' },
  { name: 'workbooks', path: '/w/soc/workbooks', wait: 'text=Incidents over time' },
  { name: 'workbook', path: '/w/soc/workbooks/incidents', wait: 'svg[role=img]' },
  { name: 'analytics', path: '/w/soc/analytics', wait: 'text=Create incidents based on' },
  { name: 'analytics-templates', path: '/w/soc/analytics?tab=templates', wait: 'text=Run in Logs', act: async (p) => { await p.getByRole('button', { name: 'Shadow copies deleted' }).click(); await p.waitForSelector('pre'); } },
  { name: 'ueba', path: '/w/soc/ueba', wait: 'text=Choose directory services' },
  { name: 'tables', path: '/w/soc/tables', wait: 'table tbody tr' },
  { name: 'tables-manage', path: '/w/soc/tables', wait: 'table tbody tr', act: async (p) => { await p.getByRole('button', { name: /Manage table/ }).first().click(); await p.getByLabel('Total retention in days').fill('30'); await p.getByRole('button', { name: 'Show what it does' }).click(); await p.waitForSelector('text=will be deleted'); } },
  { name: 'table', path: '/w/soc/tables/DeviceEvents', wait: 'text=Rows by day' },
  { name: 'deadletters', path: '/w/soc/deadletters', wait: 'text=No usable time' },
  { name: 'deadletters-view', path: '/w/soc/deadletters?reason=noTime', wait: 'text=Only these', act: async (p) => { await p.getByRole('button', { name: /^View record/ }).first().click(); await p.waitForSelector('text=fin-ws'); } },
  { name: 'deadletters-replay', path: '/w/soc/deadletters', wait: 'text=Only these', act: async (p) => { await p.getByRole('button', { name: /^Replay \d/ }).click(); await p.getByText(/cannot be stored yet|Nothing could be stored/).first().waitFor(); await p.getByRole('button', { name: 'Replay 1 record' }).waitFor(); } },
  { name: 'setup', path: '/', mock: { signedIn: true, connected: false }, wait: 'text=Set up this workspace' },
];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args: ['--no-sandbox', '--disable-background-networking'] });
let problems = 0;
const report = (page, text) => {
  problems++;
  console.log(`FAIL ${page}: ${text}`);
};

for (const page of pages.filter((p) => !only || p.name.startsWith(only))) {
  const { server } = makeMock(page.mock ?? { signedIn: true });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${server.address().port}`;
  for (const scheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
    const tab = await context.newPage();
    const name = `${page.name}-${scheme}`;
    tab.on('console', (m) => {
      // The sign-in page asks for the session and the failing query for rows; the browser logs both answers.
      if (m.type() === 'error' && !/status of (401|400)/.test(m.text())) report(name, m.text());
    });
    tab.on('pageerror', (e) => report(name, e.message));
    tab.on('request', (r) => {
      if (!r.url().startsWith(base) && !/^(data|blob):/.test(r.url())) report(name, `asks another host: ${r.url()}`);
    });
    try {
      await tab.goto(base + page.path);
      await tab.waitForSelector(page.wait, { timeout: 15_000 });
      await page.act?.(tab);
      await tab.waitForTimeout(page.name.startsWith('logs') ? 1800 : 350);
      await tab.screenshot({ path: `${out}/${name}.png` });
      // axe is run through the debugger: the page's policy does not let it in as a script element.
      await tab.evaluate(axe);
      // The elements that move focus around dialogs and menus pass it on at once; nobody lands on them.
      const found = await tab.evaluate(() => globalThis.axe.run({ exclude: [['[data-tabster-dummy]']] }, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
      for (const v of found.violations) report(name, `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} ${n.any[0]?.message?.slice(0, 120) ?? ''}`).join(' | ')}`);
    } catch (error) {
      await tab.screenshot({ path: `${out}/${name}.png` });
      report(name, error.message.split('\n')[0]);
    }
    await context.close();
  }
  server.closeAllConnections();
  server.close();
}
await browser.close();
console.log(problems === 0 ? 'all pages pass' : `${problems} problems`);
process.exit(problems === 0 ? 0 : 1);
