// Journeys of a person through the pages, against a running server.
//
// usage: node run.mjs [daily|sync|intake|article|article-keyboard]; article needs a fresh workspace, sync the simulated tenant,
// intake a record that cannot be stored.
//
// environment: BASE_URL; SIGNIN_URL (one-time link) or USER_NAME and PASSWORD; OUT (pictures, default e2e/out);
// CHROMIUM; IGNORE_TLS=1 for a private CA that this machine does not trust; WRITE=0 leaves out what changes anything.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { keyboard, mouse } from './actors.mjs';
import { article } from './article.mjs';
import { makeAxe } from './axe.mjs';
import { intake } from './intake.mjs';
import { daily, signIn } from './journeys.mjs';
import { sync } from './sync.mjs';

const suites = { daily, sync, intake, article: article(mouse), 'article-keyboard': article(keyboard) };
const suite = process.argv[2] ?? 'daily';
if (!suites[suite]) {
  console.error(`There is no suite ${suite}; there are ${Object.keys(suites).join(', ')}.`);
  process.exit(2);
}

const here = new URL('.', import.meta.url);
const require = createRequire(new URL('../ui/package.json', here));
const playwright = await import(pathToFileURL(require.resolve('playwright-core')).href);
const barriers = makeAxe(require);
const chromium = playwright.chromium ?? playwright.default.chromium;

const base = process.env.BASE_URL?.replace(/\/$/, '');
if (!base) {
  console.error('BASE_URL is not set: give the address of a running server.');
  process.exit(2);
}
const out = process.env.OUT ?? fileURLToPath(new URL('out/', here));
mkdirSync(out, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ baseURL: base, ignoreHTTPSErrors: process.env.IGNORE_TLS === '1', viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
const page = await context.newPage();
page.setDefaultTimeout(Number(process.env.TIMEOUT_MS ?? 20_000));

const complaints = [];
page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
page.on('console', (message) => {
  if (message.type() === 'error' && /Content Security Policy/i.test(message.text())) complaints.push(message.text());
});
page.on('request', (request) => {
  const url = request.url();
  if (!url.startsWith(base) && !/^(data|blob):/.test(url)) complaints.push(`asks another host: ${url}`);
});

let failed = 0;
for (const [name, run] of Object.entries({ 'sign-in': signIn, ...suites[suite] })) {
  if (run.writes && process.env.WRITE === '0') continue;
  const started = Date.now();
  complaints.length = 0;
  try {
    await run(page);
    // Marks that come and go, such as toasts, are looked at where they stand.
    for (const barrier of await barriers(page)) complaints.push(barrier);
  } catch (error) {
    complaints.unshift(error.message);
  }
  await page.screenshot({ path: `${out}/${suite}-${name}.png` }).catch(() => {});
  const problem = complaints.join('\n     ');
  if (problem) failed++;
  console.log(`${problem ? 'FAIL' : 'ok  '} ${name} ${Date.now() - started} ms${problem ? `\n     ${problem}` : ''}`);
  // Nothing else can work for somebody who is not signed in, and each step of the article needs the one before.
  if (problem && (name === 'sign-in' || suite !== 'daily')) break;
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
