import { Button, ProgressBar, Spinner } from '@fluentui/react-components';
import { ArrowClockwiseRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { type Backfill, backfillsQuery, completenessQuery, type TableCompleteness } from '../../api/completeness';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { formatCount } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { ErrorState, Loading } from '../../ui/states';
import { Ago, Moment } from '../../ui/Time';
import { active, backfillText, byNeed, rangeText, stateText } from './completenessModel';
import styles from './Connectors.module.css';
import { useCompleteness } from './useCompleteness';

/** Whether everything that the tenant has is here: by table, with the hours that lack rows and the way to fetch them. */
export function Completeness() {
  const workspace = useWorkspace();
  const session = useSession();
  const report = useQuery(completenessQuery(workspace.name));
  const jobs = useQuery(backfillsQuery(workspace.name));
  const act = useCompleteness(workspace.name);
  const may = mayContribute(session.user.role);
  if (report.isPending) return <Loading label="Loading the comparison" />;
  if (!report.data) return <ErrorState error={report.error} retry={() => void report.refetch()} />;
  const tables = byNeed(report.data.tables ?? []);
  const job = (table: string) => jobs.data?.items?.find((b) => b.table === table);
  const lacking = tables.filter((t) => t.missing > 0 && !active(job(t.table))).map((t) => t.table);
  return (
    <Card
      title="Stored rows against the tenant's counts"
      actions={
        <span className={styles.status}>
          <Button
            size="small"
            icon={act.check.isPending ? <Spinner size="tiny" /> : <ArrowClockwiseRegular />}
            disabled={!may || act.check.isPending || tables.length === 0}
            onClick={() => act.check.mutate()}
          >
            Compare now
          </Button>
          <Button size="small" appearance="primary" disabled={!may || act.start.isPending || lacking.length === 0} onClick={() => act.start.mutate(lacking)}>
            Backfill all that is missing
          </Button>
        </span>
      }
    >
      <p className="muted">
        By the hour of the events, <Moment value={report.data.from} /> to <Moment value={report.data.to} /> UTC. A backfill fetches missing hours only, up to the 30 days that the tenant keeps.
      </p>
      {tables.length === 0 ? (
        <p>No table is connected.</p>
      ) : (
        <Rows<TableCompleteness>
          label="Completeness"
          items={tables}
          rowKey={(t) => t.table}
          columns={[
            { label: 'Table', cell: (t) => t.table },
            { label: 'State', cell: (t) => <State table={t} /> },
            { label: 'In the tenant', number: true, nowrap: true, cell: (t) => (t.hours === 0 ? '–' : formatCount(t.tenantRows)) },
            { label: 'Stored', number: true, nowrap: true, cell: (t) => (t.hours === 0 ? '–' : formatCount(t.storedRows)) },
            { label: 'Compared', nowrap: true, cell: (t) => <Ago value={t.checked} /> },
            { label: 'Backfill', cell: (t) => <Progress table={t.table} job={job(t.table)} /> },
            {
              label: 'Actions',
              actions: true,
              cell: (t) =>
                active(job(t.table)) ? (
                  <Button size="small" disabled={!may || act.stop.isPending} aria-label={`Stop the backfill of ${t.table}`} onClick={() => act.stop.mutate(t.table)}>
                    Stop
                  </Button>
                ) : (
                  <Button size="small" disabled={!may || act.start.isPending} aria-label={`Backfill ${t.table}`} onClick={() => act.start.mutate([t.table])}>
                    Backfill
                  </Button>
                ),
            },
          ]}
        />
      )}
    </Card>
  );
}

function State({ table: t }: { table: TableCompleteness }) {
  const ranges = t.ranges ?? [];
  return (
    <>
      {t.state === 'missing' ? <strong>{stateText(t)}</strong> : stateText(t)}
      {t.problem && <div>{t.problem}</div>}
      {ranges.length > 0 && (
        <details>
          <summary>Hours that differ</summary>
          <ul className={styles.effects}>
            {ranges.map((r) => (
              <li key={r.from}>{rangeText(r)}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Progress({ table, job }: { table: string; job: Backfill | undefined }) {
  if (!job) return <span className="muted">–</span>;
  return (
    <>
      <div>{backfillText(job)}</div>
      {job.state === 'running' && <ProgressBar aria-label={`Backfill of ${table}`} value={job.hours > 0 ? job.hoursDone / job.hours : undefined} />}
      {!active(job) && job.state !== 'offered' && (
        <div className="muted">
          <Ago value={job.updated} />
        </div>
      )}
    </>
  );
}
