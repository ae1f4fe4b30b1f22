// Serves the built pages as the Go handler does, security headers included, so that pages can be looked at without it.
import { existsSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

const dist = new URL('../../dist/', import.meta.url);
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.ttf': 'font/ttf', '.woff2': 'font/woff2' };
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; font-src 'self' data:; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export function serveStatic(req, res, path) {
  const file = path !== '/' && !path.includes('..') && existsSync(new URL(`.${path}.gz`, dist)) ? path : '/index.html';
  const body = readFileSync(new URL(`.${file}.gz`, dist));
  res.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Content-Encoding': 'gzip', 'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'same-origin' });
  res.end(body);
}
