import { Button, Textarea } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { conflictsQuery, historyQuery } from '../../api/resources';
import type { ConflictRecord, IncidentDetail } from '../../api/types';
import { useSession, useWorkspace } from '../../app/session';
import { Card } from '../../ui/Page';
import { ErrorState } from '../../ui/states';
import { Ago } from '../../ui/Time';
import styles from './ActivityTab.module.css';
import { activityText, mergeStream, type StreamEntry } from './activityStream';
import { mayEdit } from './Properties';
import { useApplyOther, useComment } from './useIncidentChange';
import { fieldName, originName } from './words';

/** Comments and history in one stream, conflicts first. */
export function ActivityTab({ incident }: { incident: IncidentDetail }) {
  const workspace = useWorkspace();
  const session = useSession();
  const history = useQuery(historyQuery(workspace.name, incident.incidentNumber));
  const conflicts = useQuery(conflictsQuery(workspace.name, incident.incidentNumber));
  const entries = mergeStream(incident.comments ?? [], history.data?.items ?? []);
  const mayComment = mayEdit(incident, 'comment', session.user.role);
  return (
    <>
      {(conflicts.data?.items ?? []).map((conflict) => (
        <Conflict key={conflict.id} conflict={conflict} ws={workspace.name} disabled={!mayEdit(incident, 'status', session.user.role)} />
      ))}
      {mayComment && <CommentBox ws={workspace.name} number={incident.incidentNumber} />}
      <Card title="Activity">
        {history.isError && <ErrorState error={history.error} retry={() => void history.refetch()} title="The history could not be loaded" />}
        <ol className={styles.stream}>
          {entries.map((entry, i) => (
            <Entry key={`${entry.time}-${i}`} entry={entry} />
          ))}
        </ol>
        {entries.length === 0 && !history.isError && <span className="muted">Nothing has happened yet.</span>}
      </Card>
    </>
  );
}

function Entry({ entry }: { entry: StreamEntry }) {
  if (entry.kind === 'comment') {
    return (
      <li className={styles.comment}>
        <div className={styles.head}>
          <strong>{entry.actor}</strong>
          <span className="muted">
            commented in {originName(entry.origin)} · <Ago value={entry.time} />
            {entry.pending && ' · on its way to Defender'}
          </span>
        </div>
        <div className={styles.message}>{entry.text}</div>
      </li>
    );
  }
  return (
    <li className={styles.change}>
      <strong>{entry.actor}</strong> {activityText(entry.activity)}{' '}
      <span className="muted">
        · {originName(entry.origin)} · <Ago value={entry.time} />
      </span>
    </li>
  );
}

function CommentBox({ ws, number }: { ws: string; number: number }) {
  const [text, setText] = useState('');
  const comment = useComment(ws, number);
  const send = () => {
    const message = text.trim();
    if (message !== '' && !comment.isPending) comment.mutate(message, { onSuccess: () => setText('') });
  };
  return (
    <form
      className={styles.box}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        send();
      }}
    >
      <Textarea
        aria-label="Comment"
        placeholder="Write a comment. It appears in Defender too."
        resize="vertical"
        value={text}
        maxLength={30_000}
        onChange={(_, d) => setText(d.value)}
        onKeyDown={(event: KeyboardEvent) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
        }}
      />
      <Button type="submit" appearance="primary" disabled={text.trim() === '' || comment.isPending}>
        Comment
      </Button>
    </form>
  );
}

function Conflict({ conflict, ws, disabled }: { conflict: ConflictRecord; ws: string; disabled: boolean }) {
  const apply = useApplyOther(ws, conflict.incidentNumber);
  const applied = conflict.applied === 'local' ? conflict.local : conflict.remote;
  const other = conflict.applied === 'local' ? conflict.remote : conflict.local;
  const side = (s: 'local' | 'remote') => (s === 'local' ? 'Vedette' : 'Defender');
  return (
    <section className={styles.conflict} aria-label={`Conflict on ${fieldName(conflict.field)}`}>
      <div className={styles.conflictText}>
        <strong>{fieldName(conflict.field)} was changed in both portals</strong>
        <span>
          In force: <b>{applied.value || 'empty'}</b> ({side(conflict.applied)}, {applied.actor || 'unknown'}, <Ago value={applied.time} />)
        </span>
        <span>
          Not applied: <b>{other.value || 'empty'}</b> ({side(conflict.applied === 'local' ? 'remote' : 'local')}, {other.actor || 'unknown'}, <Ago value={other.time} />)
        </span>
        {conflict.base && <span className="muted">Before both: {conflict.base}</span>}
      </div>
      <Button disabled={disabled || apply.isPending} onClick={() => apply.mutate(conflict.id)}>
        Apply “{other.value || 'empty'}” instead
      </Button>
    </section>
  );
}
