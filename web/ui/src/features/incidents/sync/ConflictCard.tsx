import { Button } from '@fluentui/react-components';
import type { ConflictRecord, Incident } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { isTime } from '../../../ui/format';
import { Ago } from '../../../ui/Time';
import { fieldName } from '../words';
import styles from './Sync.module.css';
import { useResolve } from './useResolve';

const side = (s: 'local' | 'remote') => (s === 'local' ? 'Vedette' : 'Defender');

/** Whether nobody has looked at a conflict yet. Refused values are settled where their edit stands. */
export const isOpen = (c: ConflictRecord) => !isTime(c.settled) && c.note !== 'rejected';

/** One field that was changed on both sides: both values, who and when, and the ways to settle it. */
export function ConflictCard({ conflict, incident, disabled }: { conflict: ConflictRecord; incident: Incident; disabled: boolean }) {
  const workspace = useWorkspace();
  const resolve = useResolve(workspace.name, conflict.incidentNumber);
  const merged = conflict.note === 'merged';
  const other = conflict.applied === 'local' ? conflict.remote : conflict.local;
  const target = incident.redirectNumber ? `incident ${incident.redirectNumber}` : 'the incident it was merged into';
  return (
    <section className={styles.conflict} aria-label={`Conflict on ${fieldName(conflict.field)}`}>
      <div className={styles.conflictText}>
        <strong>{merged ? `${fieldName(conflict.field)} was not sent: this incident was merged` : `${fieldName(conflict.field)} was changed in both portals`}</strong>
        <dl>
          <Side label="In force" conflict={conflict} which={conflict.applied} />
          <Side label="Not applied" conflict={conflict} which={conflict.applied === 'local' ? 'remote' : 'local'} />
          {conflict.base && (
            <>
              <dt>Before both</dt>
              <dd>{conflict.base}</dd>
            </>
          )}
        </dl>
        {conflict.note === 'notStored' && <span className="muted">Defender answered the change but kept another value.</span>}
      </div>
      <div className={styles.actions}>
        <Button appearance="primary" disabled={disabled || resolve.isPending} onClick={() => resolve.mutate({ act: 'apply', id: conflict.id })}>
          {merged ? `Apply to ${target}` : `Apply “${other.value || 'empty'}” instead`}
        </Button>
        <Button disabled={disabled || resolve.isPending} onClick={() => resolve.mutate({ act: 'keep', id: conflict.id })}>
          {merged ? 'Let it go' : 'Keep what is in force'}
        </Button>
      </div>
    </section>
  );
}

function Side({ label, conflict, which }: { label: string; conflict: ConflictRecord; which: 'local' | 'remote' }) {
  const value = conflict[which];
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <b>{value.value || 'empty'}</b>{' '}
        <span className="muted">
          {side(which)}, {value.actor || 'unknown'}, <Ago value={value.time} />
        </span>
      </dd>
    </>
  );
}
