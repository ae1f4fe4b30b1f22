import { BranchRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { relatedQuery } from '../../../api/resources';
import type { IncidentDetail } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { SeverityBadge, StatusBadge } from '../../../ui/badges';
import { Card } from '../../../ui/Page';
import { EmptyState, ErrorState, Loading } from '../../../ui/states';
import { Moment } from '../../../ui/Time';
import { EntityName } from '../EntityName';
import styles from '../IncidentPage.module.css';

/** Incidents that share entities with this one, the closest first, with what they share. */
export function RelatedTab({ incident }: { incident: IncidentDetail }) {
  const workspace = useWorkspace();
  const query = useQuery(relatedQuery(workspace.name, incident.incidentNumber));
  if (query.isPending) return <Loading label="Looking for related incidents" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  const items = query.data.items ?? [];
  if (items.length === 0) {
    return (
      <EmptyState icon={<BranchRegular />} title="No related incidents">
        No other incident tells of the same users, devices, files or addresses.
      </EmptyState>
    );
  }
  return (
    <Card title={`Related incidents (${items.length})`}>
      <table className={styles.rows} aria-label="Related incidents">
        <thead>
          <tr>
            <th>Incident</th>
            <th>Severity</th>
            <th>Status</th>
            <th>Created</th>
            <th>In common</th>
          </tr>
        </thead>
        <tbody>
          {items.map((r) => (
            <tr key={r.incidentNumber}>
              <td>
                <Link to="/w/$ws/incidents/$number" params={{ ws: workspace.name, number: String(r.incidentNumber) }} className="link">
                  {r.incidentNumber} · {r.title}
                </Link>
              </td>
              <td>
                <SeverityBadge value={r.severity} />
              </td>
              <td>
                <StatusBadge value={r.status} />
              </td>
              <td className={styles.nowrap}>
                <Moment value={r.createdTimeUtc} />
              </td>
              <td className={styles.wide}>
                <div className={styles.chips}>
                  {r.shared.slice(0, 5).map((e) => (
                    <span key={e.kind + e.label} className={styles.chip}>
                      <span className="muted">{e.kind}</span> <EntityName entity={e} ws={workspace.name} />
                    </span>
                  ))}
                  {r.shared.length > 5 && <span className={styles.chip}>{r.shared.length - 5} more</span>}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
