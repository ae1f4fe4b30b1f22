import { useEffect, useMemo, useRef, useState } from 'react';
import { formatCount, formatNumber } from '../format';
import { BarMarks, ColumnMarks, LineMarks, PieMarks, ScatterMarks } from './ChartMarks';
import type { Chart as ChartModel } from './chartModel';
import { layout } from './chartLayout';
import styles from './Chart.module.css';

/** Draws a chart; its twin for screen readers is the table the results tab shows. */
export function Chart({ chart }: { chart: ChartModel }) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 800, height: 320 });
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [tip, setTip] = useState<{ x: number; y: number; lines: string[] } | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => setHidden(new Set()), [chart]);
  const colors = useMemo(() => new Map(chart.series.map((s, i) => [s.name, `var(--chart-${i % 10})`])), [chart]);
  const shown = useMemo(() => ({ ...chart, series: chart.series.filter((s) => !hidden.has(s.name)) }), [chart, hidden]);
  const plan = useMemo(() => layout(shown, size.width, size.height), [shown, size]);
  const color = (name: string) => colors.get(name) ?? 'var(--chart-0)';
  const names = chart.kind === 'piechart' ? [] : chart.series.map((s) => s.name);
  const toggle = (name: string) =>
    setHidden((old) => {
      const next = new Set(old);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  const label = `${chart.kind}${chart.title ? ` ${chart.title}` : ''}: ${chart.series.length} series, ${formatNumber(chart.series.reduce((n, s) => n + s.points.length, 0))} points. The Results tab shows the same as a table.`;
  return (
    <div className={styles.chart}>
      {chart.title && <div className={styles.title}>{chart.title}</div>}
      <div ref={box} className={styles.plot} onPointerLeave={() => setTip(null)}>
        <svg width={size.width} height={size.height} role="img" aria-label={label}>
          {chart.kind === 'piechart' ? (
            <PieMarks chart={shown} width={size.width} height={size.height} onTip={setTip} />
          ) : (
            <>
              {plan.valueTicks.map((t) => (
                <g key={t.value} className={styles.axis}>
                  {plan.horizontal ? (
                    <>
                      <line x1={t.at} x2={t.at} y1={plan.top} y2={plan.bottom} />
                      <text x={t.at} y={plan.bottom + 16} textAnchor="middle">
                        {formatCount(t.value)}
                      </text>
                    </>
                  ) : (
                    <>
                      <line x1={plan.left} x2={plan.right} y1={t.at} y2={t.at} />
                      <text x={plan.left - 8} y={t.at + 4} textAnchor="end">
                        {Math.abs(t.value) < 1000 ? Number(t.value.toPrecision(4)) : formatCount(t.value)}
                      </text>
                    </>
                  )}
                </g>
              ))}
              {plan.xTicks.map((t) => (
                <text key={t.label + t.at} className={styles.label} x={plan.horizontal ? plan.left - 8 : t.at} y={plan.horizontal ? t.at + 4 : plan.bottom + 18} textAnchor={plan.horizontal ? 'end' : 'middle'}>
                  {t.label}
                  <title>{t.full}</title>
                </text>
              ))}
              {chart.kind === 'barchart' && <BarMarks chart={shown} plan={plan} color={color} onTip={setTip} />}
              {chart.kind === 'columnchart' && <ColumnMarks chart={shown} plan={plan} color={color} onTip={setTip} />}
              {chart.kind === 'scatterchart' && <ScatterMarks chart={shown} plan={plan} color={color} onTip={setTip} />}
              {['timechart', 'linechart', 'areachart'].includes(chart.kind) && <LineMarks chart={shown} plan={plan} color={color} onTip={setTip} />}
            </>
          )}
        </svg>
        {tip && (
          <div className={styles.tip} style={{ left: Math.min(tip.x + 12, size.width - 220), top: Math.max(0, tip.y - 12) }}>
            {tip.lines.map((line, i) => (i === 0 ? <strong key={i}>{line}</strong> : <span key={i}>{line}</span>))}
          </div>
        )}
      </div>
      {names.length > 1 && (
        <div className={styles.legend}>
          {names.map((name) => (
            <button key={name} type="button" aria-pressed={!hidden.has(name)} onClick={() => toggle(name)}>
              <span className={styles.swatch} style={{ background: color(name) }} />
              {name}
            </button>
          ))}
          {chart.left > 0 && <span className="muted">and {chart.left} smaller series that are not drawn</span>}
        </div>
      )}
    </div>
  );
}
