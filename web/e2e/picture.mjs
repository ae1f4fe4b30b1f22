// Makes the README's picture: one incident in both windows, the simulated tenant's portal and Vedette, side by side.
//
// usage: node picture.mjs OUT.png; environment: BASE_URL, TENANT_PORTAL (demo.json, simulator.portal), USER_NAME, PASSWORD, CHROMIUM
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { signIn } from './journeys.mjs';

const env = process.env;
const require = createRequire(new URL('../ui/package.json', import.meta.url));
const playwright = await import(pathToFileURL(require.resolve('playwright-core')).href);
const chromium = playwright.chromium ?? playwright.default.chromium;
const size = { width: 1240, height: 1010 };

const browser = await chromium.launch({ executablePath: env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args: ['--no-sandbox'] });
const context = await browser.newContext({ baseURL: env.BASE_URL, viewport: size, reducedMotion: 'reduce', ignoreHTTPSErrors: true });
const page = await context.newPage();
await signIn(page);
const ws = new URL(page.url()).pathname.split('/')[2];

/** Asks the workspace's API as the page does. */
const api = (method, path, body) =>
  page.evaluate(
    async ([m, p, b]) => (await fetch(p, { method: m, headers: { 'Content-Type': 'application/json' }, body: b && JSON.stringify(b) })).json(),
    [method, `/api/w/${ws}${path}`, body],
  );

// The newest big incident, edited here: both windows must show the edit.
const list = await api('GET', '/incidents?status=New,Active&severity=High&limit=50');
const incident = list.items.filter((i) => i.additionalData.alertsCount >= 4 && i.additionalData.alertsCount < 9)[0] ?? list.items[0];
const here = `/incidents/${incident.incidentNumber}`;
const people = (await api('GET', '/users?q=ivan')).items;
await api('PATCH', here, { status: 'Active', ...(people[0] ? { owner: people[0].userPrincipalName } : {}), labels: { add: ['Crown jewels'] } });
await api('POST', `${here}/comments`, { message: 'Session tokens revoked, device isolated.' });
for (let i = 0; i < 60; i++) {
  const now = await api('GET', here);
  if (now.sync.state === 'synced' && !now.comments.some((c) => c.pending)) break;
  await page.waitForTimeout(1000);
}

await page.evaluate(() => localStorage.setItem('vedette.nav.narrow', 'true'));
await page.goto(`/w/${ws}${here}`);
await page.getByText('Incident timeline').waitFor();
await page.waitForTimeout(800);
const ours = await page.screenshot();
await page.goto(`${env.TENANT_PORTAL}/incidents/${incident.providerIncidentId}`);
const theirs = await page.screenshot();

const frame = (title, image) => `<figure><figcaption>${title}</figcaption><img src="data:image/png;base64,${image.toString('base64')}"></figure>`;
// A page of its own: the servers' pages let no foreign style in.
const sheet = await browser.newPage({ viewport: { width: 1880, height: 840 } });
await sheet.setContent(`<style>
  body { margin: 0; padding: 24px; display: flex; gap: 24px; background: linear-gradient(135deg, #dcecf5, #b9d5e5); font: 600 15px sans-serif; }
  figure { margin: 0; flex: 1; overflow: hidden; border-radius: 10px; background: #fff; box-shadow: 0 8px 30px #06202f44; }
  figcaption { padding: 10px 16px; background: #06202f; color: #fff; }
  img { display: block; width: 100%; }
</style>${frame('Simulated Defender portal', theirs)}${frame('Vedette', ours)}`);
await sheet.screenshot({ path: process.argv[2] ?? 'two-windows.png' });
await browser.close();
