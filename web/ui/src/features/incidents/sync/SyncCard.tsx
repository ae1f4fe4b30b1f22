import { Button } from '@fluentui/react-components';
import type { Incident, SyncEdit } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { SyncChip } from '../../../ui/badges';
import { Ago } from '../../../ui/Time';
import { fieldName } from '../words';
import styles from './Sync.module.css';
import { useResolve } from './useResolve';

/** Where each edit of an incident is: waiting, sent, taken or refused, and what can be done about it. */
export function SyncCard({ incident, may }: { incident: Incident; may: boolean }) {
  const workspace = useWorkspace();
  const resolve = useResolve(workspace.name, incident.incidentNumber);
  const edits = incident.sync.edits ?? [];
  if (incident.sync.state === 'local') return null;
  return (
    <section className={styles.card} aria-label="Synchronisation with Defender">
      <div className={styles.head}>
        <h3>In step with Defender</h3>
        <SyncChip sync={incident.sync} />
      </div>
      {edits.length === 0 && <p className="muted">No edits were made here.</p>}
      <ul>
        {edits.map((edit) => (
          <li key={`${edit.field}${edit.since}${edit.state}`} data-state={edit.state}>
            <div>
              <strong>{fieldName(edit.field)}</strong> <EditText edit={edit} />
            </div>
            {edit.reason && <div className={styles.reason}>{edit.reason}</div>}
            {edit.state === 'rejected' && (
              <div className={styles.actions}>
                <Button size="small" disabled={!may || resolve.isPending} onClick={() => resolve.mutate({ act: 'retry', fields: [edit.field] })}>
                  Send again
                </Button>
                <Button size="small" disabled={!may || resolve.isPending} onClick={() => resolve.mutate({ act: 'revert', fields: [edit.field] })}>
                  Give up
                </Button>
              </div>
            )}
          </li>
        ))}
      </ul>
      {incident.sync.lastError && <p className={styles.reason}>{incident.sync.lastError}</p>}
    </section>
  );
}

function EditText({ edit }: { edit: SyncEdit }) {
  const by = edit.actor ? ` by ${edit.actor}` : '';
  switch (edit.state) {
    case 'synced':
      return (
        <span className="muted">
          taken by Defender <Ago value={edit.settled} />
          {by}
        </span>
      );
    case 'rejected':
      return (
        <span>
          refused by Defender <Ago value={edit.settled} />
          {by}
        </span>
      );
    case 'sent':
      return (
        <span className="muted">
          sent <Ago value={edit.sent} />, the answer is open{by}
        </span>
      );
    default:
      return (
        <span className="muted">
          waits since <Ago value={edit.since} />
          {by}
        </span>
      );
  }
}
