import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { alertsPageQuery } from '../../../api/resources';
import type { IncidentDetail } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { formatNumber } from '../../../ui/format';
import { Card } from '../../../ui/Page';
import { Pager } from '../../../ui/Pager';
import { ErrorState, Loading } from '../../../ui/states';
import { EmptyAlerts } from '../EmptyAlerts';
import styles from '../IncidentPage.module.css';
import { incidentAlertsKql, timeAround } from '../words';
import { AlertRow } from './AlertRow';

const pageSize = 50;

/** The alerts of an incident by the page, oldest activity first, each with its evidence. */
export function AlertsTab({ incident }: { incident: IncidentDetail }) {
  const workspace = useWorkspace();
  const [page, setPage] = useState(1);
  const total = incident.additionalData.alertsCount;
  const query = useQuery({ ...alertsPageQuery(workspace.name, incident.incidentNumber, pageSize, (page - 1) * pageSize), enabled: total > 0 });
  if (total === 0) return <EmptyAlerts incident={incident} />;
  return (
    <Card
      title={`Alerts (${formatNumber(total)})`}
      actions={
        <Link
          to="/w/$ws/logs"
          params={{ ws: workspace.name }}
          search={{ q: incidentAlertsKql(incident.incidentNumber), time: timeAround(incident.firstActivityTimeUtc, incident.lastActivityTimeUtc), run: '1' }}
          className="link"
        >
          Show all in Logs
        </Link>
      }
    >
      {query.isPending && <Loading label="Loading alerts" />}
      {query.isError && !query.data && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <table className={styles.rows} aria-label="Alerts">
          <thead>
            <tr>
              <th>Alert</th>
              <th>Severity</th>
              <th>Status</th>
              <th>Product</th>
              <th>First activity</th>
              <th>
                <span className="srOnly">Queries</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {(query.data.items ?? []).map((alert) => (
              <AlertRow key={alert.id} alert={alert} ws={workspace.name} />
            ))}
          </tbody>
        </table>
      )}
      {total > pageSize && <Pager page={page} pageSize={pageSize} total={total} one="alert" onPage={setPage} />}
    </Card>
  );
}
