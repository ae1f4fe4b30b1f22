import { useQuery } from '@tanstack/react-query';
import { type CSSProperties, useMemo } from 'react';
import type { Tile } from '../../api/content';
import { request } from '../../api/http';
import { paths } from '../../api/resources';
import type { QueryResult, ResultTable } from '../../api/types';
import { useWorkspace } from '../../app/session';
import { cellText, isNumeric } from '../../ui/cells';
import { Chart } from '../../ui/chart/Chart';
import { buildChart, type ChartKind } from '../../ui/chart/chartModel';
import { formatNumber } from '../../ui/format';
import { LogsLink } from '../../ui/Kql';
import { Card } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import styles from './Workbooks.module.css';

const charts: Record<string, ChartKind> = { bar: 'barchart', column: 'columnchart', line: 'timechart', area: 'areachart', pie: 'piechart' };

/** Rows a tile shows at most; Logs shows the others. */
const most = 20;

/** One tile: its query's answer as number, table or chart. */
export function TileCard({ tile, time }: { tile: Tile; time: string }) {
  const workspace = useWorkspace();
  const query = useQuery({
    queryKey: ['w', workspace.name, 'tile', tile.query, time],
    queryFn: ({ signal }) => request<QueryResult>('POST', paths.query(workspace.name), { query: tile.query, timespan: time, maxRows: 2000 }, { signal }),
    staleTime: 60_000,
  });
  const table = query.data?.tables?.[0];
  return (
    <div className={styles.tile} style={{ '--span': Math.min(12, Math.max(3, tile.width || 12)) } as CSSProperties}>
      <Card
        title={tile.title}
        actions={
          <LogsLink query={tile.query} time={time}>
            Logs
          </LogsLink>
        }
      >
        {query.isPending && <Loading label="Running the query" />}
        {query.isError && <ErrorState error={query.error} retry={() => void query.refetch()} title="The query did not run" />}
        {query.isSuccess && (!table || table.rows.length === 0) && <EmptyState small title="Nothing in this time" />}
        {query.data && table && table.rows.length > 0 && <Answer tile={tile} table={table} result={query.data} />}
      </Card>
    </div>
  );
}

function Answer({ tile, table, result }: { tile: Tile; table: ResultTable; result: QueryResult }) {
  const kind = charts[tile.visual];
  const chart = useMemo(() => (kind ? buildChart(table, kind, result.render?.properties) : undefined), [kind, table, result]);
  if (tile.visual === 'number') {
    const at = Math.max(0, table.columns.findIndex((c) => isNumeric(c.type)));
    const value = table.rows[0][at];
    return <div className={styles.number}>{typeof value === 'number' ? formatNumber(value) : cellText(value, table.columns[at].type)}</div>;
  }
  if (chart && typeof chart !== 'string') {
    return (
      <div className={styles.chart}>
        <Chart chart={chart} />
      </div>
    );
  }
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={tile.title}>
      <Rows<number>
        label={tile.title}
        items={table.rows.slice(0, most).map((_, i) => i)}
        rowKey={(i) => i}
        columns={table.columns.map((c, at) => ({ label: c.name, number: isNumeric(c.type), cell: (i) => cellText(table.rows[i][at], c.type) }))}
      />
      {table.rows.length > most && <p className="muted">{formatNumber(table.rows.length - most)} more rows in Logs.</p>}
    </div>
  );
}
