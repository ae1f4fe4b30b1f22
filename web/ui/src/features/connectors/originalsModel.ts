import type { Kept, Replay, ReplayRequest } from '../../api/originals';
import { formatNumber, formatShortTime, plural } from '../../ui/format';

/** What people fill in to keep messages. */
export interface KeepForm {
  days: string;
  gigabytes: string;
}

const gigabyte = 1e9;

export const formOf = (k: Kept): KeepForm => ({ days: String(k.days || 3), gigabytes: String(Number(((k.maxBytes || 10 * gigabyte) / gigabyte).toFixed(1))) });

export const daysProblem = (text: string) => (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 4383 ? '' : 'From 1 to 4383 days.');
export const roomProblem = (text: string) => (/^\d+(\.\d+)?$/.test(text) && Number(text) >= 0.3 ? '' : '0.3 GB or more.');

/** The change that a form asks for. */
export const changeOf = (f: KeepForm) => ({ days: Number(f.days), maxBytes: Math.round(Number(f.gigabytes) * gigabyte) });

/** Whether the form says something else than what is so. */
export const changes = (f: KeepForm, k: Kept) => JSON.stringify(f) !== JSON.stringify(formOf(k)) || k.days === 0;

/** The times that can be replayed by one choice, in hours; 0 is everything that is kept. */
export const spans = [
  { id: '1', text: 'The last hour' },
  { id: '6', text: 'The last 6 hours' },
  { id: '24', text: 'The last 24 hours' },
  { id: 'all', text: 'All that is kept' },
  { id: 'between', text: 'From – to' },
] as const;
export type Span = (typeof spans)[number]['id'];

/** What people fill in to replay; from and to are UTC, as the field for dates writes them. */
export interface ReplayForm {
  span: Span;
  from: string;
  to: string;
  table: string;
}

/** The request that a form asks for, or what is wrong with it. */
export function requestOf(f: ReplayForm, kept: Kept, preview: boolean, now = Date.now()): ReplayRequest | string {
  const tables = f.table ? [f.table] : [];
  if (f.span === 'all') return { from: kept.from ?? new Date(now - kept.days * 86_400_000).toISOString(), tables, preview };
  if (f.span !== 'between') return { from: new Date(now - Number(f.span) * 3_600_000).toISOString(), tables, preview };
  const at = (text: string) => (text ? Date.parse(`${text}Z`) : Number.NaN);
  const [from, to] = [at(f.from), f.to ? at(f.to) : now];
  if (Number.isNaN(from)) return 'Say from when on messages are to be replayed.';
  if (Number.isNaN(to) || from >= to) return 'The end must be after the beginning.';
  return { from: new Date(from).toISOString(), to: f.to ? new Date(to).toISOString() : undefined, tables, preview };
}

/** How a replay does, in words. */
export function replayText(r: Replay): string {
  const span = `${formatShortTime(r.from)} – ${formatShortTime(r.to)} UTC`;
  const into = (r.tables ?? []).length > 0 ? r.tables?.join(', ') : 'the connected tables';
  const what = `${r.preview ? 'Preview' : 'Replay'} of ${span} into ${into}`;
  const read = `${plural(r.messages, 'message')} read`;
  const rows = r.preview ? `${plural(r.rows, 'row')} would be stored, ${formatNumber(r.known)} are stored already` : `${plural(r.rows, 'row')} stored, ${formatNumber(r.known)} were stored before`;
  switch (r.state) {
    case 'running':
      return `${what}: ${Math.round(r.share * 100)} %, ${read}, ${rows}.`;
    case 'done':
      return `${what}: ${read}, ${rows}.`;
    case 'stopped':
      return `${what} was stopped: ${read}, ${rows}.`;
    default:
      return `${what} failed: ${r.problem ?? ''} ${read}, ${rows}.`;
  }
}

/** The rows of a replay by table, the most first. */
export const byTable = (r: Replay) =>
  Object.entries(r.byTable ?? {})
    .map(([table, rows]) => ({ table, rows }))
    .sort((a, b) => b.rows - a.rows || a.table.localeCompare(b.table));
