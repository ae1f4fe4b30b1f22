import { BranchRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { relatedQuery } from '../../../api/resources';
import type { IncidentDetail, RelatedIncident } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { incidentColumns } from '../../../ui/incidentColumns';
import { Card } from '../../../ui/Page';
import { Rows } from '../../../ui/Rows';
import { EmptyState, ErrorState, Loading } from '../../../ui/states';
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
      <Rows<RelatedIncident>
        label="Related incidents"
        items={items}
        rowKey={(r) => r.incidentNumber}
        columns={[
          ...incidentColumns<RelatedIncident>(workspace.name),
          {
            label: 'In common',
            cell: (r) => (
              <div className={`${styles.chips} ${styles.wide}`}>
                {r.shared.slice(0, 5).map((e) => (
                  <span key={e.kind + e.label} className={styles.chip}>
                    <span className="muted">{e.kind}</span> <EntityName entity={e} ws={workspace.name} />
                  </span>
                ))}
                {r.shared.length > 5 && <span className={styles.chip}>{r.shared.length - 5} more</span>}
              </div>
            ),
          },
        ]}
      />
    </Card>
  );
}
