import { Button, Input } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { incidentEntitiesQuery } from '../../../api/resources';
import type { IncidentDetail } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { formatNumber } from '../../../ui/format';
import { Card } from '../../../ui/Page';
import { EmptyState, ErrorState, Loading } from '../../../ui/states';
import { Ago } from '../../../ui/Time';
import { EntityName } from '../EntityName';
import styles from '../IncidentPage.module.css';
import { timeAround } from '../words';

/** Who and what an incident is about, each with the way to its events. */
export function EntitiesTab({ incident }: { incident: IncidentDetail }) {
  const workspace = useWorkspace();
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim());
  const query = useInfiniteQuery({ ...incidentEntitiesQuery(workspace.name, incident.incidentNumber, wanted), enabled: incident.entitiesCount > 0 });
  if (incident.entitiesCount === 0) return <EmptyState title="No entities">They come with the evidence of the alerts.</EmptyState>;
  const entities = (query.data?.pages ?? []).flatMap((page) => page.items ?? []);
  const total = query.data?.pages.at(-1)?.total ?? 0;
  return (
    <Card
      title={`Entities (${formatNumber(incident.entitiesCount)})`}
      actions={<Input type="search" size="small" contentBefore={<SearchRegular />} placeholder="Filter" aria-label="Filter entities" value={text} onChange={(_, d) => setText(d.value)} />}
    >
      {query.isPending && <Loading label="Loading entities" />}
      {query.isError && !query.data && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      <table className={styles.rows} aria-label="Entities">
        <thead>
          <tr>
            <th>Kind</th>
            <th>Entity</th>
            <th className={styles.right}>Alerts</th>
            <th className={styles.right}>Incidents</th>
            <th>Last seen</th>
            <th>
              <span className="srOnly">Query</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entities.map((entity) => (
            <tr key={entity.id ?? entity.kind + entity.label}>
              <td className="muted">{entity.kind}</td>
              <td style={{ overflowWrap: 'anywhere' }}>
                <EntityName entity={entity} ws={workspace.name} />
              </td>
              <td className={styles.right}>{entity.alerts}</td>
              <td className={styles.right}>{entity.incidents ?? '–'}</td>
              <td className={styles.nowrap}>
                <Ago value={entity.lastSeen} />
              </td>
              <td className={styles.right}>
                {entity.query && (
                  <Link to="/w/$ws/logs" params={{ ws: workspace.name }} search={{ q: entity.query, time: timeAround(incident.firstActivityTimeUtc, incident.lastActivityTimeUtc), run: '1' }} className="link">
                    Investigate in Logs
                  </Link>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {entities.length === 0 && query.isSuccess && <EmptyState small title="No entity matches" />}
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          Show more ({formatNumber(total - entities.length)} left)
        </Button>
      )}
    </Card>
  );
}
