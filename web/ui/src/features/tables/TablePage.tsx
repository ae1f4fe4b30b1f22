import { ChevronLeftRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type TableDetail, tableQuery } from '../../api/tables';
import { useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { Chart } from '../../ui/chart/Chart';
import { formatBytes, formatCount, formatNumber, isTime } from '../../ui/format';
import { LogsLink } from '../../ui/Kql';
import { Card, PageHeader } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { ErrorState, Loading } from '../../ui/states';
import { Ago, Moment } from '../../ui/Time';
import { daysChart } from './daysChart';
import styles from './Tables.module.css';
import { Transformation } from './Transformation';

/** One table: what holds for it, its rows by day, its columns. */
export function TablePage() {
  const { name } = useParams({ from: '/w/$ws/tables/$name' });
  const workspace = useWorkspace();
  const query = useQuery(tableQuery(workspace.name, name));
  useTitle(name);
  if (query.data) return <Details table={query.data} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Loading label={`Loading ${name}`} />;
}

function Details({ table: t }: { table: TableDetail }) {
  const workspace = useWorkspace();
  const columns = (t.columns ?? []).filter((c) => !c.hidden);
  const chart = daysChart(t.days ?? []);
  return (
    <>
      <PageHeader
        above={
          <Link to="/w/$ws/tables" params={{ ws: workspace.name }} className="link">
            <ChevronLeftRegular /> Tables
          </Link>
        }
        title={t.name}
        lead={t.description}
        actions={<LogsLink query={`${t.name}\n| sort by TimeGenerated desc\n| take 100`}>Newest rows in Logs</LogsLink>}
      />
      <div className={cards.body}>
        <Card title="Kept">
          <dl className={styles.facts}>
            <dt>Plan</dt>
            <dd>{t.plan}</dd>
            <dt>Interactive</dt>
            <dd>{t.retentionDays} days</dd>
            <dt>Total</dt>
            <dd>
              {t.totalRetentionDays} days
              {isTime(t.heldUntil) && (
                <>
                  ; {t.heldDays} days until <Moment value={t.heldUntil} />
                </>
              )}
            </dd>
            <dt>Rows</dt>
            <dd>
              {formatNumber(t.rows + t.coldRows)}
              {t.coldRows > 0 && `, ${formatNumber(t.coldRows)} of them only by search or restore`}
            </dd>
            <dt>Size</dt>
            <dd>{formatBytes(t.bytes + t.coldBytes)}</dd>
            {t.forecast.rowsPerDay > 0 && (
              <>
                <dt>A day brings</dt>
                <dd>
                  {formatCount(Math.round(t.forecast.rowsPerDay))} rows, {formatBytes(t.forecast.bytesPerDay)}; full it will take {formatBytes(t.forecast.bytesFull)}
                </dd>
              </>
            )}
            <dt>Newest row</dt>
            <dd>
              <Ago value={t.lastSeen} />
            </dd>
          </dl>
        </Card>
        {(t.family ?? '') !== '' && <Transformation table={t.name} />}
        {chart && (
          <Card title="Rows by day">
            <div className={styles.chart}>
              <Chart chart={chart} />
            </div>
          </Card>
        )}
        <Card title={`Columns (${columns.length})`}>
          <Rows<(typeof columns)[number]>
            label="Columns"
            items={columns}
            rowKey={(c) => c.name}
            columns={[
              { label: 'Name', cell: (c) => c.name },
              { label: 'Type', cell: (c) => <span className="muted">{c.type}</span> },
              ...(columns.some((c) => c.description) ? [{ label: 'Description', cell: (c: (typeof columns)[number]) => c.description ?? '' }] : []),
            ]}
          />
        </Card>
      </div>
    </>
  );
}
