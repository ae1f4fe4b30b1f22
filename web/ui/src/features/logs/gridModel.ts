import { cellText, isNumeric } from '../../ui/cells';
import type { ResultColumn, ResultTable } from '../../api/types';

/** How the grid is sorted. */
export interface GridSort {
  column: number;
  descending: boolean;
}

/** A cell as text over several lines, objects and JSON texts laid out. */
export function prettyText(value: unknown, type = 'string'): string {
  if (value !== null && typeof value === 'object') return JSON.stringify(value, null, 2);
  if (typeof value === 'string' && (type === 'dynamic' || /^\s*[[{]/.test(value))) {
    try {
      const parsed: unknown = JSON.parse(value);
      // A parse through floating point would change long integers; such text stays as it is.
      if (typeof parsed === 'object' && !/\d{16,}/.test(value)) return JSON.stringify(parsed, null, 2);
    } catch {
      return value;
    }
  }
  return cellText(value, type);
}

/** Compares numbers that may be longer than a float is exact. */
function compareNumbers(a: unknown, b: unknown): number {
  const [x, y] = [Number(a), Number(b)];
  if (x !== y || Math.abs(x) < Number.MAX_SAFE_INTEGER) return x < y ? -1 : x > y ? 1 : 0;
  try {
    const [p, q] = [BigInt(String(a)), BigInt(String(b))];
    return p < q ? -1 : p > q ? 1 : 0;
  } catch {
    return 0;
  }
}

/** The order of the rows as indexes: sorting never moves or copies rows. Empty cells come last both ways. */
export function sortedOrder(table: ResultTable, sort: GridSort | undefined): Uint32Array {
  const order = Uint32Array.from({ length: table.rows.length }, (_, i) => i);
  const column = sort && table.columns[sort.column];
  if (!sort || !column) return order;
  const at = sort.column;
  const byNumber = isNumeric(column.type);
  const collator = new Intl.Collator('en', { numeric: column.type !== 'datetime', sensitivity: 'base' });
  const texts = byNumber ? [] : table.rows.map((row) => cellText(row[at]));
  const empty = (i: number) => table.rows[i][at] === null || table.rows[i][at] === undefined || table.rows[i][at] === '';
  const sign = sort.descending ? -1 : 1;
  return order.sort((a, b) => {
    const emptyA = empty(a);
    const emptyB = empty(b);
    if (emptyA || emptyB) return emptyA === emptyB ? a - b : emptyA ? 1 : -1;
    const c = byNumber ? compareNumbers(table.rows[a][at], table.rows[b][at]) : column.type === 'datetime' ? (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0) : collator.compare(texts[a], texts[b]);
    return c === 0 ? a - b : c * sign;
  });
}

/** The sort after a click on a column's head: ascending, descending, none. */
export function nextGridSort(sort: GridSort | undefined, column: number): GridSort | undefined {
  if (sort?.column !== column) return { column, descending: false };
  return sort.descending ? undefined : { column, descending: true };
}

/** Widths that show the first rows' cells, within reason. */
export function initialWidths(table: ResultTable, sample = 40): number[] {
  return table.columns.map((column, i) => {
    let chars = column.name.length + 3;
    for (const row of table.rows.slice(0, sample)) chars = Math.max(chars, Math.min(44, cellText(row[i], column.type).length));
    return Math.min(360, Math.max(70, Math.round(chars * 7.2) + 24));
  });
}

const csvCell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The rows as CSV with a head line, in the order given. */
export function toCsv(table: ResultTable, order: Uint32Array): string {
  const lines = [table.columns.map((c) => csvCell(c.name)).join(',')];
  for (const i of order) lines.push(table.columns.map((_, c) => csvCell(cellText(table.rows[i][c]))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

/** One row as an object. */
export function rowObject(columns: ResultColumn[], row: unknown[]): Record<string, unknown> {
  return Object.fromEntries(columns.map((c, i) => [c.name, row[i] ?? null]));
}

/** The rows as a JSON array of objects, in the order given. */
export function toJson(table: ResultTable, order: Uint32Array): string {
  return `[${Array.from(order, (i) => JSON.stringify(rowObject(table.columns, table.rows[i]))).join(',\n')}]\n`;
}

/** A value as a KQL literal, for conditions made from cells; undefined when there is none. */
export function kqlLiteral(value: unknown, type: string): string | undefined {
  if (value === null || value === undefined || typeof value === 'object') return undefined;
  if (type === 'datetime') return `datetime(${String(value)})`;
  if (type === 'timespan') return `timespan(${String(value)})`;
  if (type === 'guid') return `guid(${String(value)})`;
  if (type === 'decimal') return `decimal(${String(value)})`;
  if (isNumeric(type) || type === 'bool') return String(value);
  return `"${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}

/** Adds a condition to the end of a query, before its render. */
export function addCondition(query: string, column: string, literal: string, keep: boolean): string {
  const name = /^[A-Za-z_]\w*$/.test(column) ? column : `['${column.replaceAll("'", "\\'")}']`;
  const line = `| where ${name} ${keep ? '==' : '!='} ${literal}`;
  const match = /\n?\|\s*render\b[^|]*$/.exec(query);
  if (match) return `${query.slice(0, match.index).trimEnd()}\n${line}\n${query.slice(match.index).trim()}`;
  return `${query.trimEnd().replace(/;$/, '')}\n${line}`;
}
