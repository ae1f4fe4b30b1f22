// Fails when first paint or the Logs page grow over their budgets (kB of gzip).
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const budgets = { shell: 350, logs: 2200 };

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
const size = (file) => statSync(join(dist, `${file}.gz`)).size / 1000;

/** Files a module needs before it runs: itself, its static imports, its styles. What the shell can load is not followed: those are other pages. */
function closure(key, follow, seen = new Set(), files = new Set()) {
  if (seen.has(key)) return files;
  seen.add(key);
  const chunk = manifest[key];
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const next of [...(chunk.imports ?? []), ...(follow && !shell.has(chunk.file) ? (chunk.dynamicImports ?? []) : [])]) closure(next, follow, seen, files);
  return files;
}

const sum = (files) => [...files].reduce((total, file) => total + size(file), 0);
const shell = closure('index.html', false);
const logsKey = Object.keys(manifest).find((key) => key.endsWith('LogsPage.tsx'));
const logs = closure(logsKey, true);
// Workers are not in the manifest's graph: they are files of their own.
for (const name of readdirSync(join(dist, 'assets'))) {
  if (/worker/i.test(name) && name.endsWith('.js.gz')) logs.add(`assets/${name.slice(0, -3)}`);
}
for (const file of shell) logs.delete(file);

let over = false;
for (const [name, files] of [['shell', shell], ['logs', logs]]) {
  const total = sum(files);
  const bad = total > budgets[name];
  over ||= bad;
  console.log(`${bad ? 'OVER' : 'ok  '} ${name}: ${total.toFixed(0)} kB gzip of ${budgets[name]} (${files.size} files)`);
}
process.exit(over ? 1 : 0);
