// Answers queries of the mock server: not KQL, just enough of its shape for pages to be looked at.
import { random, tables } from './data.mjs';

const words = ['powershell.exe', 'svchost.exe', 'outlook.exe', 'msedge.exe', 'cmd.exe', 'rundll32.exe', 'teams.exe', 'wscript.exe'];
const hosts = ['fin-ws-0231', 'eng-lt-0087', 'hr-ws-0012', 'aks-build-04', 'dc01', 'sales-mb-0441'];
const names = ['h.brandt', 'm.lindqvist', 'svc-backup', 'p.raman', 'l.ferrante', 'SYSTEM'];
const actions = ['ProcessCreated', 'ConnectionSuccess', 'LogonSuccess', 'FileCreated', 'LogonFailed', 'RegistryValueSet'];

function cell(column, g, minutesAgo) {
  const pick = (list) => list[Math.floor(g() * list.length)];
  switch (column.type) {
    case 'datetime':
      return new Date(Date.now() - minutesAgo * 60_000 - g() * 50_000).toISOString().replace('Z', '0000Z');
    case 'long':
    case 'int':
      return /ReportId/.test(column.name) ? `${638000000000000000n + BigInt(Math.floor(g() * 1e12))}` : Math.floor(g() * 9000);
    case 'real':
      return Math.round(g() * 1000) / 10;
    case 'bool':
      return g() < 0.5;
    case 'dynamic':
      return { EventType: pick(actions), Tags: ['beacon', 'lolbin'].slice(0, 1 + Math.floor(g() * 2)), Score: Math.round(g() * 100), Parent: { Name: pick(words), Pid: Math.floor(g() * 9000) } };
    default:
      if (/Device.*Name|HostName/.test(column.name)) return `${pick(hosts)}.contoso.example`;
      if (/Account|User|Owner/.test(column.name)) return pick(names);
      if (/CommandLine/.test(column.name)) return `"C:\\Windows\\System32\\${pick(words)}" -k netsvcs -p -s ${pick(names)}`;
      if (/File|Process/.test(column.name)) return pick(words);
      if (/IP/.test(column.name)) return `10.${Math.floor(g() * 30)}.${Math.floor(g() * 250)}.${Math.floor(g() * 250)}`;
      if (/Action/.test(column.name)) return pick(actions);
      if (/Severity/.test(column.name)) return pick(['High', 'Medium', 'Low']);
      if (/SHA|MD5/.test(column.name)) return Array.from({ length: 40 }, () => Math.floor(g() * 16).toString(16)).join('');
      if (/Country/.test(column.name)) return pick(['SE', 'DE', 'US', 'IN']);
      return g() < 0.4 ? '' : pick(actions);
  }
}

function rowsOf(columns, count) {
  const g = random(columns.length * 97 + count);
  const step = (24 * 60) / count;
  return Array.from({ length: count }, (_, i) => columns.map((c) => cell(c, g, i * step)));
}

/** The answer to a query, or an error with a diagnostic. */
export function answer(query, maxRows = 30000) {
  const text = query.replace(/\/\/.*$/gm, '').trim();
  const bad = check(query).filter((d) => d.severity === 'error');
  if (bad.length) return { error: { code: bad[0].code, message: bad[0].message, diagnostics: bad } };
  const table = tables.find((t) => new RegExp(`\\b${t.name}\\b`).test(text)) ?? tables.find((t) => t.name === 'DeviceProcessEvents');
  let columns = table.columns.filter((c) => !c.hidden);
  const result = (name, cols, rows, render) => ({ tables: [{ name, columns: cols, rows }], render, stats: { ms: 84, rows: rows.length, engine: 'duckdb', scannedRows: 121044 } });
  const renderKind = /\brender\s+(\w+)(?:\s+with\s*\(([^)]*)\))?/.exec(text);
  const render = renderKind ? { visualization: renderKind[1], properties: {} } : null;
  const binned = /summarize[^|]*by[^|]*bin\(/.exec(text);
  if (binned) {
    const g = random(3);
    const series = /Table|ActionType|Severity|DeviceName/.test(binned[0] + text) ? actions.slice(0, 4) : [null];
    const rows = [];
    for (let h = 47; h >= 0; h--) for (const [i, s] of series.entries()) rows.push([new Date(Math.floor(Date.now() / 3600e3) * 3600e3 - h * 3600e3).toISOString().replace('Z', '0000Z'), ...(s ? [s] : []), Math.round(100 + 80 * Math.sin(h / 5 + i) + g() * 40)]);
    return result('PrimaryResult', [{ name: 'TimeGenerated', type: 'datetime' }, ...(series[0] ? [{ name: 'ActionType', type: 'string' }] : []), { name: 'count_', type: 'long' }], rows, render);
  }
  if (/\bsummarize\b/.test(text)) {
    const rows = (/Severity/.test(text) ? ['High', 'Medium', 'Low', 'Informational'] : actions).map((a, i) => [a, 4100 - i * 613]);
    return result('PrimaryResult', [{ name: /Severity/.test(text) ? 'Severity' : 'ActionType', type: 'string' }, { name: 'count_', type: 'long' }], rows, render);
  }
  if (/\|\s*count\b/.test(text)) return result('PrimaryResult', [{ name: 'Count', type: 'long' }], [[121044]], render);
  const projected = /\|\s*project\s+([^|]+)/.exec(text);
  if (projected) {
    const wanted = projected[1].split(',').map((s) => s.trim());
    columns = wanted.map((w) => columns.find((c) => c.name === w) ?? { name: w, type: 'string' });
  }
  const take = /\|\s*(?:take|limit|top)\s+(\d+)/.exec(text);
  return result('PrimaryResult', columns, rowsOf(columns, Math.min(Number(take?.[1] ?? 12000), maxRows)), render);
}

/** Finds one planted kind of mistake: a name that ends in "Nope". */
export function check(query) {
  const found = /\b\w*Nope\b/.exec(query);
  if (!found) return [];
  const before = query.slice(0, found.index);
  const line = before.split('\n').length;
  return [{ code: 'KS142', severity: 'error', message: `No table, column or function is named '${found[0]}'.`, start: Buffer.byteLength(before), length: Buffer.byteLength(found[0]), line, column: found.index - before.lastIndexOf('\n'), fix: '' }];
}
