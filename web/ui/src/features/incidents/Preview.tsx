import { Button, Spinner } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { incidentQuery } from '../../api/resources';
import { useWorkspace } from '../../app/session';
import { ErrorState } from '../../ui/states';
import { Facts } from './Facts';
import styles from './Preview.module.css';
import { Properties } from './Properties';
import { SyncNotice } from './sync/SyncNotice';

/** An incident beside the list: what it is, and the edits that are made most. */
export function Preview({ number, onClose }: { number: number; onClose: () => void }) {
  const workspace = useWorkspace();
  const query = useQuery(incidentQuery(workspace.name, number));
  const incident = query.data;
  const params = { ws: workspace.name, number: String(number) };
  return (
    <aside className={styles.preview} aria-label={`Incident ${number}`}>
      <div className={styles.head}>
        <span className="muted">Incident {number}</span>
        <Button appearance="subtle" icon={<DismissRegular />} aria-label="Close the side pane" onClick={onClose} />
      </div>
      {query.isPending && <Spinner size="small" />}
      {query.isError && !incident && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {incident && (
        <>
          <h2 className={styles.title}>{incident.title}</h2>
          <SyncNotice incident={incident} />
          <Properties incident={incident} />
          <Facts incident={incident} />
          {(incident.entities ?? []).length > 0 && (
            <section>
              <h3 className={styles.subtitle}>Entities</h3>
              <ul className={styles.entities}>
                {(incident.entities ?? []).slice(0, 4).map((e) => (
                  <li key={e.kind + e.label}>
                    <span className="muted">{e.kind}</span> <span>{e.label}</span>
                  </li>
                ))}
              </ul>
              {incident.entitiesCount > 4 && (
                <Link to="/w/$ws/incidents/$number" params={params} search={{ tab: 'entities' }} className="link">
                  All {incident.entitiesCount} entities
                </Link>
              )}
            </section>
          )}
        </>
      )}
      <div className={styles.foot}>
        <Link to="/w/$ws/incidents/$number" params={params} className={styles.full}>
          View full details
        </Link>
      </div>
    </aside>
  );
}
