import { ChevronLeftRegular, DocumentSearchRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { entityQuery } from '../../api/resources';
import type { EntityDetail } from '../../api/types';
import { useTitle, useWorkspace } from '../../app/session';
import { SeverityBadge, StatusBadge } from '../../ui/badges';
import { spaced } from '../../ui/format';
import { incidentColumns } from '../../ui/incidentColumns';
import { Card, PageHeader } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { ErrorState, Loading } from '../../ui/states';
import { Ago, Moment } from '../../ui/Time';
import styles from './Entities.module.css';
import { facts } from './facts';

/** One entity: what is known of it, and the incidents and alerts it is in. */
export function EntityPage() {
  const { id } = useParams({ from: '/w/$ws/entities/$id' });
  const workspace = useWorkspace();
  const query = useQuery(entityQuery(workspace.name, Number(id)));
  useTitle(query.data?.label ?? 'Entity');
  if (query.data) return <Details entity={query.data} ws={workspace.name} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Loading label="Loading the entity" />;
}

function Details({ entity, ws }: { entity: EntityDetail; ws: string }) {
  return (
    <>
      <PageHeader
        above={
          <Link to="/w/$ws/entities" params={{ ws }} className="link">
            <ChevronLeftRegular /> Entities
          </Link>
        }
        title={entity.label}
        lead={entity.kind}
        actions={
          entity.query && (
            <Link to="/w/$ws/logs" params={{ ws }} search={{ q: entity.query, time: 'P7D', run: '1' }} className={styles.action}>
              <DocumentSearchRegular /> Investigate in Logs
            </Link>
          )
        }
      />
      <div className={styles.columns}>
        <Card title="Known of it">
          <dl className={styles.facts}>
            <dt>First seen</dt>
            <dd>
              <Moment value={entity.firstSeen} />
            </dd>
            <dt>Last seen</dt>
            <dd>
              <Ago value={entity.lastSeen} />
            </dd>
            {facts(entity.data).map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
          </dl>
        </Card>
        <div className={styles.stack}>
          <Card title={`Incidents (${entity.inIncidents.length})`}>
            <Rows label="Incidents" items={entity.inIncidents} rowKey={(i) => i.incidentNumber} columns={incidentColumns(ws)} />
          </Card>
          <Card title={`Alerts (${entity.inAlerts.length})`}>
            <Rows
              label="Alerts"
              items={entity.inAlerts}
              rowKey={(a) => a.id}
              columns={[
                { label: 'Alert', cell: (a) => a.title },
                { label: 'Severity', nowrap: true, cell: (a) => <SeverityBadge value={a.severity} /> },
                { label: 'Status', nowrap: true, cell: (a) => <StatusBadge value={a.status} /> },
                { label: 'First activity', nowrap: true, cell: (a) => <Moment value={a.firstActivityTimeUtc} /> },
              ]}
            />
          </Card>
        </div>
      </div>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{spaced(name)}</dt>
      <dd>{value}</dd>
    </>
  );
}
