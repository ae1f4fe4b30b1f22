import type { TableDetail } from '../../api/tables';
import type { Chart } from '../../ui/chart/chartModel';

/** Rows of a table by day as columns; undefined when it has none. */
export function daysChart(days: NonNullable<TableDetail['days']>): Chart | undefined {
  const sorted = [...days].sort((a, b) => a.day.localeCompare(b.day)).slice(-60);
  if (sorted.length === 0) return undefined;
  return {
    kind: 'columnchart',
    title: '',
    xKind: 'category',
    categories: sorted.map((d) => d.day),
    series: [{ name: 'Rows', points: sorted.map((d, x) => ({ x, y: d.rows + d.coldRows })) }],
    stacked: false,
    left: 0,
  };
}
