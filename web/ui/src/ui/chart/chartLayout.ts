import { type Chart, ticks, timeTicks } from './chartModel';

/** Where things go: pixels for values and for positions on the other axis. */
export interface Plan {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Bars lie; their categories stand on the left. */
  horizontal: boolean;
  valueTicks: { value: number; at: number }[];
  xTicks: { at: number; label: string; full: string }[];
  value: (v: number) => number;
  x: (x: number) => number;
  /** Room of one category or time step. */
  step: number;
}

const two = (n: number) => String(n).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A moment on a time axis: the hour within a day, the date at midnight and over long ranges. */
export function axisTime(t: number, span: number): string {
  const d = new Date(t);
  const date = `${d.getUTCDate()} ${months[d.getUTCMonth()]}`;
  if (span > 4 * 86_400_000) return date;
  const clock = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
  return clock === '00:00' ? date : clock;
}

/** The lowest and highest value, stacks added up; always with zero for areas and columns. */
export function valueRange(chart: Chart): [number, number] {
  let low = chart.kind === 'scatterchart' ? Infinity : 0;
  let high = -Infinity;
  if (chart.stacked) {
    const up = new Map<number, number>();
    const down = new Map<number, number>();
    for (const s of chart.series) {
      for (const p of s.points) {
        const side = (p.y ?? 0) >= 0 ? up : down;
        side.set(p.x, (side.get(p.x) ?? 0) + (p.y ?? 0));
      }
    }
    for (const v of up.values()) high = Math.max(high, v);
    for (const v of down.values()) low = Math.min(low, v);
  } else {
    for (const s of chart.series) {
      for (const p of s.points) {
        if (p.y === null) continue;
        low = Math.min(low, p.y);
        high = Math.max(high, p.y);
      }
    }
  }
  if (!Number.isFinite(high)) return [0, 1];
  return [Number.isFinite(low) ? low : 0, Math.max(high, low)];
}

/** Places axes and values in a box. */
export function layout(chart: Chart, width: number, height: number): Plan {
  const horizontal = chart.kind === 'barchart';
  const longest = horizontal ? Math.max(4, ...chart.categories.map((c) => c.length)) : 0;
  const left = horizontal ? Math.min(width * 0.35, longest * 6.6 + 16) : 52;
  const box = { left, right: width - 16, top: 10, bottom: height - 28 };
  const [low, high] = valueRange(chart);
  const values = ticks(low, high);
  const [v0, v1] = [values[0], values.at(-1)!];
  const value = (v: number) =>
    horizontal ? box.left + ((v - v0) / (v1 - v0)) * (box.right - box.left) : box.bottom - ((v - v0) / (v1 - v0)) * (box.bottom - box.top);
  const base = { ...box, horizontal, value, valueTicks: values.map((v) => ({ value: v, at: value(v) })) };

  if (chart.xKind === 'category') {
    const count = Math.max(1, chart.categories.length);
    const step = (horizontal ? box.bottom - box.top : box.right - box.left) / count;
    const x = (i: number) => (horizontal ? box.top : box.left) + (i + 0.5) * step;
    const room = horizontal ? 14 : 70;
    const every = Math.max(1, Math.ceil(room / step));
    const letters = horizontal ? Math.floor((left - 16) / 6.4) : Math.max(6, Math.floor((step * every) / 6.4));
    const xTicks = chart.categories.flatMap((c, i) => (i % every === 0 ? [{ at: x(i), label: c.length > letters ? `${c.slice(0, letters - 1)}…` : c, full: c }] : []));
    return { ...base, x, step, xTicks };
  }
  let from = Infinity;
  let to = -Infinity;
  const distinct = new Set<number>();
  for (const s of chart.series) {
    for (const p of s.points) {
      from = Math.min(from, p.x);
      to = Math.max(to, p.x);
      distinct.add(p.x);
    }
  }
  if (!Number.isFinite(from)) [from, to] = [0, 1];
  const columns = chart.kind === 'columnchart';
  const gap = distinct.size > 1 ? (to - from) / (distinct.size - 1) : 1;
  // Columns stand on their moment, so that the first and last need room for half of themselves.
  const pad = columns || from === to ? gap / 2 : 0;
  const [x0, x1] = [from - pad, to + pad];
  const x = (v: number) => box.left + ((v - x0) / (x1 - x0)) * (box.right - box.left);
  const count = Math.max(2, Math.floor((box.right - box.left) / 90));
  const marks = chart.xKind === 'time' ? timeTicks(x0, x1, count) : ticks(from, to, count).filter((t) => t >= from && t <= to);
  const xTicks = marks.map((t) => ({ at: x(t), label: chart.xKind === 'time' ? axisTime(t, x1 - x0) : String(t), full: chart.xKind === 'time' ? new Date(t).toISOString() : String(t) }));
  return { ...base, x, step: (gap / (x1 - x0)) * (box.right - box.left), xTicks };
}
