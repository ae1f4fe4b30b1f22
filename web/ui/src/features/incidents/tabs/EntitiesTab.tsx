import { Input } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { IncidentDetail } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { Card } from '../../../ui/Page';
import { EmptyState } from '../../../ui/states';
import { Ago } from '../../../ui/Time';
import { EntityName } from '../EntityName';
import styles from '../IncidentPage.module.css';
import { timeAround } from '../words';

/** Who and what an incident is about, each with the way to its events. */
export function EntitiesTab({ incident }: { incident: IncidentDetail }) {
  const workspace = useWorkspace();
  const [text, setText] = useState('');
  const all = incident.entities ?? [];
  if (all.length === 0) return <EmptyState title="No entities">They come with the evidence of the alerts.</EmptyState>;
  const wanted = text.trim().toLowerCase();
  const entities = all.filter((e) => `${e.kind} ${e.label}`.toLowerCase().includes(wanted));
  return (
    <Card
      title={`Entities (${all.length})`}
      actions={<Input type="search" size="small" contentBefore={<SearchRegular />} placeholder="Filter" aria-label="Filter entities" value={text} onChange={(_, d) => setText(d.value)} />}
    >
      <table className={styles.rows}>
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
            <tr key={entity.kind + entity.label}>
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
      {entities.length === 0 && <EmptyState small title="No entity matches" />}
    </Card>
  );
}
