import type { ResultTable } from '../../api/types';
import { cellText, isNumeric } from '../cells';

export const chartKinds = ['timechart', 'linechart', 'areachart', 'columnchart', 'barchart', 'piechart', 'scatterchart'] as const;
export type ChartKind = (typeof chartKinds)[number];

/** One named line, or one colour of columns; a missing y is null. */
export interface Series {
  name: string;
  points: { x: number; y: number | null }[];
}

/** What a chart draws. For time x are milliseconds, for categories indexes into categories. */
export interface Chart {
  kind: ChartKind;
  title: string;
  xKind: 'time' | 'number' | 'category';
  categories: string[];
  series: Series[];
  stacked: boolean;
  /** Series beyond what a chart can show. */
  left: number;
}

const maxSeries = 20;
const kindNames: Record<string, ChartKind> = { anomalychart: 'timechart', stackedareachart: 'areachart', ladderchart: 'barchart', pivotchart: 'columnchart' };

/** The chart a render operator asks for; undefined when its kind is shown as a table. */
export function chartKind(visualization: string | undefined): ChartKind | undefined {
  const name = visualization?.toLowerCase() ?? '';
  return chartKinds.find((k) => k === name) ?? kindNames[name];
}

const names = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : typeof value === 'string' && value !== '' ? value.split(',').map((s) => s.trim()) : [];

const property = (properties: Record<string, unknown> | null | undefined, name: string): unknown =>
  Object.entries(properties ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];

/** Builds a chart from a result, or says why it cannot. */
export function buildChart(table: ResultTable, kind: ChartKind, properties?: Record<string, unknown> | null): Chart | string {
  const index = (name: string) => table.columns.findIndex((c) => c.name === name);
  const timeLike = kind === 'timechart';
  const asked = index(names(property(properties, 'xcolumn'))[0] ?? '');
  const firstTime = table.columns.findIndex((c) => c.type === 'datetime');
  const x = asked >= 0 ? asked : timeLike || (firstTime >= 0 && kind !== 'piechart' && kind !== 'barchart') ? (firstTime >= 0 ? firstTime : 0) : 0;
  if (timeLike && firstTime < 0 && asked < 0) return 'A time chart needs a column of type datetime. Add one, for example with summarize ... by bin(TimeGenerated, 1h).';
  const askedY = names(property(properties, 'ycolumns')).map(index).filter((i) => i >= 0);
  const ys = askedY.length > 0 ? askedY : table.columns.flatMap((c, i) => (i !== x && isNumeric(c.type) ? [i] : []));
  if (ys.length === 0) return 'A chart needs a column of numbers. Add one, for example with summarize count() by ...';
  const askedSeries = names(property(properties, 'series')).map(index).filter((i) => i >= 0);
  const splits = askedSeries.length > 0 ? askedSeries : table.columns.flatMap((c, i) => (i !== x && !ys.includes(i) && c.type === 'string' ? [i] : [])).slice(0, kind === 'piechart' ? 0 : 3);

  const type = table.columns[x].type;
  const xKind = kind === 'piechart' || kind === 'barchart' ? 'category' : type === 'datetime' ? 'time' : isNumeric(type) && kind !== 'columnchart' ? 'number' : 'category';
  const categories = new Map<string, number>();
  const series = new Map<string, Series>();
  for (const row of table.rows) {
    const at = position(row[x], xKind, categories, type);
    if (at === undefined) continue;
    const split = splits.map((i) => cellText(row[i]) || '(empty)').join(' · ');
    for (const y of ys) {
      const name = split === '' ? table.columns[y].name : ys.length > 1 ? `${split} · ${table.columns[y].name}` : split;
      let one = series.get(name);
      if (!one) series.set(name, (one = { name, points: [] }));
      const value = row[y] === null || row[y] === '' ? null : Number(row[y]);
      one.points.push({ x: at, y: value === null || Number.isNaN(value) ? null : value });
    }
  }
  const all = [...series.values()];
  if (all.length === 0) return 'The result has no rows to draw.';
  if (xKind !== 'category') for (const s of all) s.points.sort((a, b) => a.x - b.x);
  const weight = (s: Series) => s.points.reduce((sum, p) => sum + Math.abs(p.y ?? 0), 0);
  const shown = all.length > maxSeries ? [...all].sort((a, b) => weight(b) - weight(a)).slice(0, maxSeries) : all;
  const style = String(property(properties, 'kind') ?? '').toLowerCase();
  return {
    kind,
    title: String(property(properties, 'title') ?? ''),
    xKind,
    categories: [...categories.keys()],
    series: shown,
    stacked: style.startsWith('stacked') || ((kind === 'columnchart' || kind === 'barchart') && style !== 'unstacked' && splits.length > 0),
    left: all.length - shown.length,
  };
}

function position(value: unknown, kind: Chart['xKind'], categories: Map<string, number>, type: string): number | undefined {
  if (kind === 'time') {
    const t = Date.parse(String(value ?? ''));
    return Number.isNaN(t) ? undefined : t;
  }
  if (kind === 'number') return value === null ? undefined : Number(value);
  const name = cellText(value, type) || '(empty)';
  if (!categories.has(name)) categories.set(name, categories.size);
  return categories.get(name);
}

/** Round values that cover a range, low to high. */
export function ticks(low: number, high: number, count = 5): number[] {
  if (low === high) return [low, low + 1];
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw)!;
  const out: number[] = [];
  for (let i = Math.floor(low / step); i <= Math.ceil(high / step); i++) out.push(Number((i * step).toPrecision(12)));
  return out;
}

const minute = 60_000;
const timeSteps = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7 * 1440, 14 * 1440, 30 * 1440, 90 * 1440, 365 * 1440].map((m) => m * minute);

/** Round moments inside a range, in UTC. */
export function timeTicks(from: number, to: number, count = 7): number[] {
  const step = timeSteps.find((s) => (to - from) / s <= count) ?? timeSteps.at(-1)!;
  const out: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) out.push(t);
  return out;
}
