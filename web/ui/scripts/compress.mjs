// Turns the build into what the binary carries: every file gzipped at the highest level, the plain one removed.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
let plain = 0;
let packed = 0;

for (const entry of readdirSync(dist, { recursive: true })) {
  const file = join(dist, entry);
  // The manifest stays plain: it is read by the budget check and not served.
  if (!statSync(file).isFile() || entry === '.gitkeep' || entry.endsWith('.gz') || entry.startsWith('.vite')) continue;
  const body = readFileSync(file);
  const out = gzipSync(body, { level: 9 });
  writeFileSync(`${file}.gz`, out);
  rmSync(file);
  plain += body.length;
  packed += out.length;
}
console.log(`dist: ${(plain / 1e6).toFixed(1)} MB, gzipped ${(packed / 1e6).toFixed(2)} MB`);
