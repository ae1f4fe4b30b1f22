import { statementAt } from './statements';

/** Something that can stand at a place of a query. */
export interface AssistItem {
  label: string;
  /** column, table, variable, operator, function, aggregate, plugin or keyword. */
  kind: string;
  detail?: string;
}

/** What the server says can stand at a place; places count UTF-16 units of the text that was sent. */
export interface AssistCompletion {
  start: number;
  length: number;
  items: AssistItem[] | null;
}

/** What the server says stands at a place. */
export interface AssistHover {
  start: number;
  length: number;
  text: string[] | null;
}

/** The query around a place, and where in the editor's text it begins. */
export interface Around {
  text: string;
  start: number;
}

/** The query to ask about: the one the place stands in, with the white space behind it; after a blank line a new one. */
export function queryAround(text: string, offset: number): Around {
  const piece = statementAt(text, offset);
  if (offset >= piece.start && offset <= piece.end) return { text: piece.text, start: piece.start };
  const fresh = offset < piece.start || /\n[ \t\r]*\n/.test(text.slice(piece.end, offset));
  const goesOn = /[;]$/.test(piece.text.trimEnd());
  if (fresh && !goesOn) return { text: '', start: offset };
  return { text: text.slice(piece.start, offset), start: piece.start };
}

/** A name as a query must write it. */
export function writtenName(item: AssistItem): string {
  if (item.kind !== 'column' && item.kind !== 'table') return item.label;
  return /^[A-Za-z_$][\w$]*$/.test(item.label) ? item.label : `['${item.label.replace(/[\\']/g, '\\$&')}']`;
}

/** What is put in for an item, as a snippet where the cursor belongs into its middle. */
export function insertion(item: AssistItem, next: string): { text: string; snippet: boolean } {
  if (item.kind === 'operator') return { text: `${item.label} `, snippet: false };
  const call = item.kind === 'function' || item.kind === 'aggregate' || item.kind === 'plugin';
  if (!call || next === '(') return { text: writtenName(item), snippet: false };
  return item.detail?.includes('()') ? { text: `${item.label}()`, snippet: false } : { text: `${item.label}($0)`, snippet: true };
}

/** Orders the server's items, in its own order, before those of the language service, whose keys begin with a digit. */
export const sortKey = (index: number) => `!${String(index).padStart(5, '0')}`;

// The two name things differently: "count()" and "count", "['a b']" and "a b".
const bare = (label: string) => label.replace(/\(.*$/s, '').replace(/^\[["'](.*)["']\]$/s, '$1').trim();

/** What the language service adds to the server's items. */
export function notAmong<T extends { label: string }>(theirs: T[], ours: AssistItem[]): T[] {
  const known = new Set(ours.map((item) => bare(item.label)));
  return theirs.filter((item) => !known.has(bare(item.label)));
}

const squeezed = (text: string) => text.replace(/[\s`*_\\]+/g, '').toLowerCase();
const rule = /\n\* \* \*\n/;

/**
 * One hover of two answers, as Markdown: the server's lines first, and what the language service knows beyond them. Its
 * first part names the same thing again, so that it stands only where the server knows nothing.
 */
export function hoverTexts(ours: string[], theirs: string): string[] {
  const parts = theirs.split(rule).filter((p) => p.trim() !== '');
  if (ours.length === 0) return parts;
  const [head, last] = ours.length === 1 ? [ours, ''] : [ours.slice(0, -1), ours.at(-1)!];
  const said = squeezed(ours.join('\n'));
  const own = ['```kusto\n' + head.join('\n') + '\n```', last.replace(/[\\`*_{}[\]()#+\-.!<>|]/g, '\\$&')];
  return [...own.filter(Boolean), ...parts.slice(1).filter((p) => !said.includes(squeezed(p)))];
}
