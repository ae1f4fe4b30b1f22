import type { ConnectorDetail } from '../../api/types';
import type { Chart } from '../../ui/chart/chartModel';

type Series = NonNullable<ConnectorDetail['received']>[number];

/** Rows of a table over the whole time. */
export const total = (s: Series) => (s.points ?? []).reduce((n, p) => n + p.rows, 0);

/** Incidents and alerts are lines of their own; the hunting tables are one line, their sum. */
const lineOf = (table: string) => (table === 'SecurityIncident' ? 'Incidents' : table === 'SecurityAlert' ? 'Alerts' : table === 'IdentityInfo' ? 'Entities' : 'Events');

/** The chart of what came in; undefined while nothing did. */
export function receivedChart(received: Series[]): Chart | undefined {
  const lines = new Map<string, Map<number, number>>();
  for (const series of received) {
    const name = lineOf(series.table);
    const line = lines.get(name) ?? new Map<number, number>();
    for (const p of series.points ?? []) {
      const at = Date.parse(p.time);
      if (!Number.isNaN(at)) line.set(at, (line.get(at) ?? 0) + p.rows);
    }
    lines.set(name, line);
  }
  const series = [...lines].map(([name, points]) => ({ name, points: [...points].sort((a, b) => a[0] - b[0]).map(([x, y]) => ({ x, y })) })).filter((s) => s.points.length > 0);
  if (series.length === 0) return undefined;
  return { kind: 'timechart', title: '', xKind: 'time', categories: [], series, stacked: false, left: 0 };
}
