import { Button } from '@fluentui/react-components';
import { PauseRegular, PlayRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { intakeQuery, type SourceHealth } from '../../api/intake';
import type { ConnectorDetail } from '../../api/types';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { ConnectionBadge } from '../../ui/badges';
import { formatCount, formatSpan } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Ago } from '../../ui/Time';
import styles from './Connectors.module.css';
import { useStream } from './useConnector';

type Stream = NonNullable<ConnectorDetail['streams']>[number];

/** What runs for the connection: each stream with its state, how its source does, and the button to pause it. */
export function Streams({ id, streams }: { id: string; streams: Stream[] }) {
  const workspace = useWorkspace();
  const session = useSession();
  const intake = useQuery(intakeQuery(workspace.name, id));
  const change = useStream(workspace.name, id);
  const may = mayContribute(session.user.role);
  if (streams.length === 0) return null;
  return (
    <Card title="What runs">
      <ul className={styles.list}>
        {streams.map((s) => (
          <li key={s.id}>
            <div className={styles.status}>
              <span className={styles.grow}>{s.title}</span>
              <ConnectionBadge state={s.state} />
              {s.state !== 'notConnected' && (
                <Button
                  size="small"
                  appearance="subtle"
                  disabled={!may || change.isPending}
                  icon={s.paused ? <PlayRegular /> : <PauseRegular />}
                  aria-label={`${s.paused ? 'Resume' : 'Pause'} ${s.title}`}
                  title={s.paused ? 'Resume' : 'Pause'}
                  onClick={() => change.mutate({ act: s.paused ? 'resume' : 'pause', stream: s.id, title: s.title })}
                />
              )}
            </div>
            {s.paused && (
              <div className="muted">
                {s.paused.reason === 'paused' ? `Paused by ${s.paused.by}` : s.paused.text} (<Ago value={s.paused.at} />). It goes on where it stopped; nothing is lost while its source holds it.
              </div>
            )}
            {(intake.data?.sources ?? [])
              .filter((source) => source.stream === s.id)
              .map((source) => (
                <Source key={source.source} source={source} />
              ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Source({ source: s }: { source: SourceHealth }) {
  const workspace = useWorkspace();
  const lag = s.lagSeconds ?? 0;
  return (
    <div className={styles.source} data-state={s.state}>
      <span>{formatCount(Math.round(s.eventsPerMinute))} events a minute</span>
      <span>{lag < 1 ? 'no lag' : `${formatSpan(lag * 1000)} behind`}</span>
      {s.hoursToLoss !== null && s.hoursToLoss !== undefined && <span>{formatSpan(s.hoursToLoss * 3_600_000)} until the hub drops unread messages</span>}
      {s.deadLetters > 0 && (
        <Link to="/w/$ws/deadletters" params={{ ws: workspace.name }} search={{ source: s.source }} className="link">
          {formatCount(s.deadLetters)} could not be stored
        </Link>
      )}
      {s.state !== 'green' && <span>{s.description}</span>}
    </div>
  );
}
