import { Button, Tab, TabList, Textarea } from '@fluentui/react-components';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { conflictsQuery, historyQuery } from '../../../api/resources';
import type { IncidentDetail } from '../../../api/types';
import { mayRespond, useSession, useWorkspace } from '../../../app/session';
import { Card } from '../../../ui/Page';
import { ErrorState } from '../../../ui/states';
import { Ago } from '../../../ui/Time';
import styles from './ActivityTab.module.css';
import { activityText, mergeStream, type StreamEntry } from '../activityStream';
import { mayEdit } from '../Properties';
import { ConflictCard, isOpen } from '../sync/ConflictCard';
import { useComment } from '../useIncidentChange';
import { originName } from '../words';

type Show = 'all' | 'comment' | 'change';

/** Comments and history in one stream, conflicts first. */
export function ActivityTab({ incident }: { incident: IncidentDetail }) {
  const workspace = useWorkspace();
  const session = useSession();
  const history = useInfiniteQuery(historyQuery(workspace.name, incident.incidentNumber));
  const conflicts = useQuery(conflictsQuery(workspace.name, incident.incidentNumber));
  const lines = (history.data?.pages ?? []).flatMap((page) => page.items ?? []);
  const entries = mergeStream(incident.comments ?? [], lines);
  const [show, setShow] = useState<Show>('all');
  // Among all, a comment older than the oldest line read comes with the lines around it.
  const read = history.hasNextPage ? Date.parse(lines.at(-1)?.time ?? '') : -Infinity;
  const shown = show === 'all' ? entries.filter((e) => Date.parse(e.time) >= read) : entries.filter((e) => e.kind === show);
  const mayComment = mayEdit(incident, session.user.role);
  return (
    <>
      {(conflicts.data?.items ?? []).filter(isOpen).map((conflict) => (
        <ConflictCard key={conflict.id} conflict={conflict} incident={incident} disabled={!mayRespond(session.user.role)} />
      ))}
      {mayComment && <CommentBox ws={workspace.name} number={incident.incidentNumber} />}
      <Card
        title="Activity"
        actions={
          <TabList size="small" selectedValue={show} onTabSelect={(_, d) => setShow(d.value as Show)} aria-label="What to show">
            <Tab value="all">All</Tab>
            <Tab value="comment">Comments</Tab>
            <Tab value="change">Changes</Tab>
          </TabList>
        }
      >
        {history.isError && <ErrorState error={history.error} retry={() => void history.refetch()} title="The history could not be loaded" />}
        <ol className={styles.stream}>
          {shown.map((entry, i) => (
            <Entry key={`${entry.time}-${i}`} entry={entry} />
          ))}
        </ol>
        {history.hasNextPage && show !== 'comment' && (
          <Button onClick={() => void history.fetchNextPage()} disabled={history.isFetchingNextPage}>
            Show older activity
          </Button>
        )}
        {shown.length === 0 && !history.isError && <span className="muted">Nothing has happened yet.</span>}
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
            {entry.from ? ` · written to incident ${entry.from}, merged into this one` : ''}
            {entry.pending && ' · on its way to Defender'}
          </span>
        </div>
        <div className={styles.message}>{entry.text}</div>
        {entry.reason && <div className={styles.refused}>Defender refused it: {entry.reason}</div>}
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
