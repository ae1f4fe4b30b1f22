import { formatNumber } from '../format';
import type { Plan } from './chartLayout';
import type { Chart } from './chartModel';

type Tip = { x: number; y: number; lines: string[] } | null;
interface Props {
  chart: Chart;
  plan: Plan;
  color: (series: string) => string;
  onTip: (tip: Tip) => void;
}

const exact = (n: number) => formatNumber(Number(n.toPrecision(12)));
const xLabel = (chart: Chart, x: number) => (chart.xKind === 'time' ? `${new Date(x).toISOString().slice(0, 16).replace('T', ' ')} UTC` : chart.xKind === 'category' ? chart.categories[x] : String(x));

const localPoint = (event: React.PointerEvent) => {
  const box = (event.currentTarget as SVGElement).ownerSVGElement!.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
};

/** Lines and areas; stacked areas add up. */
export function LineMarks({ chart, plan, color, onTip }: Props) {
  const area = chart.kind === 'areachart';
  const below = new Map<number, number>();
  const shapes = chart.series.map((s) => {
    let path = '';
    const back: string[] = [];
    let pen = false;
    for (const p of s.points) {
      if (p.y === null) {
        pen = false;
        continue;
      }
      const floor = chart.stacked ? (below.get(p.x) ?? 0) : 0;
      const top = floor + p.y;
      if (chart.stacked) below.set(p.x, top);
      const x = plan.x(p.x).toFixed(1);
      path += `${pen ? 'L' : 'M'}${x} ${plan.value(top).toFixed(1)}`;
      back.unshift(`L${x} ${plan.value(floor).toFixed(1)}`);
      pen = true;
    }
    return { name: s.name, path, fill: area && path ? `${path}${back.join('')}Z` : '' };
  });
  const xs = [...new Set(chart.series.flatMap((s) => s.points.map((p) => p.x)))].sort((a, b) => a - b);
  const hover = (event: React.PointerEvent) => {
    const at = localPoint(event);
    const near = xs.reduce((best, x) => (Math.abs(plan.x(x) - at.x) < Math.abs(plan.x(best) - at.x) ? x : best), xs[0]);
    if (near === undefined) return;
    const lines = chart.series.flatMap((s) => {
      const p = s.points.find((q) => q.x === near);
      return p && p.y !== null ? [`${s.name}: ${exact(p.y)}`] : [];
    });
    onTip({ ...at, lines: [xLabel(chart, near), ...lines.slice(0, 10)] });
  };
  return (
    <>
      {shapes.map((s) => s.fill && <path key={`${s.name}-fill`} d={s.fill} fill={color(s.name)} opacity={0.3} />)}
      {shapes.map((s) => (
        <path key={s.name} d={s.path} fill="none" stroke={color(s.name)} strokeWidth={2} strokeLinejoin="round" />
      ))}
      {xs.length === 1 && chart.series.map((s) => <circle key={s.name} cx={plan.x(xs[0])} cy={plan.value(s.points[0]?.y ?? 0)} r={4} fill={color(s.name)} />)}
      <rect x={plan.left} y={plan.top} width={Math.max(0, plan.right - plan.left)} height={Math.max(0, plan.bottom - plan.top)} fill="transparent" onPointerMove={hover} />
    </>
  );
}

/** Upright columns, beside or on top of each other. */
export function ColumnMarks({ chart, plan, color, onTip }: Props) {
  const room = Math.max(1, Math.min(plan.step * 0.8, 64));
  const width = chart.stacked ? room : room / Math.max(1, chart.series.length);
  const tops = new Map<number, number>();
  return chart.series.flatMap((s, i) =>
    s.points.map((p, j) => {
      const y = p.y ?? 0;
      const floor = chart.stacked ? (tops.get(p.x) ?? 0) : 0;
      if (chart.stacked) tops.set(p.x, floor + y);
      const [a, b] = [plan.value(floor), plan.value(floor + y)];
      const x = plan.x(p.x) - room / 2 + (chart.stacked ? 0 : i * width);
      return (
        <rect key={`${s.name}-${j}`} x={x} y={Math.min(a, b)} width={Math.max(1, width - 1)} height={Math.abs(a - b)} rx={1.5} fill={color(s.name)} onPointerMove={(e) => onTip({ ...localPoint(e), lines: [xLabel(chart, p.x), `${s.name}: ${exact(y)}`] })} />
      );
    }),
  );
}

/** Lying bars. */
export function BarMarks({ chart, plan, color, onTip }: Props) {
  const room = Math.max(1, Math.min(plan.step * 0.75, 34));
  const height = chart.stacked ? room : room / Math.max(1, chart.series.length);
  const ends = new Map<number, number>();
  return chart.series.flatMap((s, i) =>
    s.points.map((p, j) => {
      const v = p.y ?? 0;
      const floor = chart.stacked ? (ends.get(p.x) ?? 0) : 0;
      if (chart.stacked) ends.set(p.x, floor + v);
      const [a, b] = [plan.value(floor), plan.value(floor + v)];
      const y = plan.x(p.x) - room / 2 + (chart.stacked ? 0 : i * height);
      return (
        <rect key={`${s.name}-${j}`} x={Math.min(a, b)} y={y} width={Math.abs(b - a)} height={Math.max(1, height - 1)} rx={1.5} fill={color(s.name)} onPointerMove={(e) => onTip({ ...localPoint(e), lines: [xLabel(chart, p.x), `${s.name}: ${exact(v)}`] })} />
      );
    }),
  );
}

/** Points without lines. */
export function ScatterMarks({ chart, plan, color, onTip }: Props) {
  return chart.series.flatMap((s) =>
    s.points.flatMap((p, j) =>
      p.y === null
        ? []
        : [<circle key={`${s.name}-${j}`} cx={plan.x(p.x)} cy={plan.value(p.y)} r={4} fill={color(s.name)} opacity={0.8} onPointerMove={(e) => onTip({ ...localPoint(e), lines: [xLabel(chart, p.x), `${s.name}: ${exact(p.y!)}`] })} />],
    ),
  );
}

/** A ring with its parts named beside it. */
export function PieMarks({ chart, width, height, onTip }: { chart: Chart; width: number; height: number; onTip: (tip: Tip) => void }) {
  const points = (chart.series[0]?.points ?? []).filter((p) => (p.y ?? 0) > 0);
  const parts = points.sort((a, b) => (b.y ?? 0) - (a.y ?? 0)).slice(0, 12);
  const total = points.reduce((n, p) => n + (p.y ?? 0), 0);
  // In a narrow place the ring makes room for its legend.
  const narrow = width < 480;
  const radius = Math.max(20, Math.min(width * (narrow ? 0.36 : 0.5), height) / 2 - (narrow ? 2 : 12));
  const cx = narrow ? radius + 2 : Math.min(width * 0.35, radius + 60);
  const legend = cx + radius + (narrow ? 12 : 40);
  const cy = height / 2;
  let angle = -Math.PI / 2;
  const arc = (from: number, to: number) => {
    const p = (r: number, a: number) => `${(cx + r * Math.cos(a)).toFixed(2)} ${(cy + r * Math.sin(a)).toFixed(2)}`;
    const big = to - from > Math.PI ? 1 : 0;
    const inner = radius * 0.58;
    return `M${p(radius, from)}A${radius} ${radius} 0 ${big} 1 ${p(radius, to)}L${p(inner, to)}A${inner} ${inner} 0 ${big} 0 ${p(inner, from)}Z`;
  };
  return (
    <>
      {parts.map((p, i) => {
        const share = (p.y ?? 0) / total;
        const from = angle;
        angle += share * 2 * Math.PI * 0.99999;
        const name = chart.categories[p.x];
        const text = `${name}: ${exact(p.y ?? 0)} (${(share * 100).toFixed(1)} %)`;
        const y = cy - (parts.length * 22) / 2 + i * 22 + 14;
        return (
          <g key={name} onPointerMove={(e) => onTip({ ...localPoint(e), lines: [name, `${exact(p.y ?? 0)} (${(share * 100).toFixed(1)} %)`] })}>
            <path d={arc(from, angle)} fill={`var(--chart-${i % 10})`} stroke="var(--colorNeutralBackground1)" strokeWidth={2} />
            <rect x={legend} y={y - 10} width={11} height={11} rx={2} fill={`var(--chart-${i % 10})`} />
            <text x={legend + (narrow ? 16 : 20)} y={y} fill="var(--colorNeutralForeground1)" fontSize={narrow ? 12 : 13}>
              {text}
            </text>
          </g>
        );
      })}
      <text x={cx} y={cy + 7} textAnchor="middle" fill="var(--colorNeutralForeground1)" fontSize={Math.min(22, radius * 0.4)} fontWeight={600}>
        {exact(total)}
      </text>
    </>
  );
}

