import { Link } from '@tanstack/react-router';
import type { ConnectorDetail } from '../../api/types';
import { useWorkspace } from '../../app/session';
import { ConnectionBadge } from '../../ui/badges';
import { formatNumber, formatSpan, isTime } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Ago, Moment } from '../../ui/Time';
import styles from './Connectors.module.css';
import { Received } from './Received';
import { Streams } from './Streams';

/** How the connection does: its parts, its health, what came in. */
export function StatusPanel({ detail }: { detail: ConnectorDetail }) {
  const workspace = useWorkspace();
  const bad = (detail.health ?? []).filter((h) => h.status !== 'Success');
  const lag = detail.incidents?.lagSeconds;
  const newest = [detail.lastData, detail.incidents?.lastSync, ...(detail.tables ?? []).map((t) => t.lastSeen)].filter(isTime).sort().at(-1);
  const components = detail.components ?? [];
  return (
    <>
      <Card title="Status">
        <dl className={styles.facts}>
          <dt>State</dt>
          <dd>
            <ConnectionBadge state={detail.state} />
          </dd>
          <dt>Last data</dt>
          <dd>
            <Ago value={newest} />
          </dd>
          {lag !== null && lag !== undefined && (
            <>
              <dt>Incidents</dt>
              <dd>{formatSpan(lag * 1000)} behind the tenant</dd>
            </>
          )}
          {isTime(detail.connectedAt) && (
            <>
              <dt>Connected</dt>
              <dd>
                <Moment value={detail.connectedAt} />
                {detail.connectedBy && ` by ${detail.connectedBy}`}
              </dd>
            </>
          )}
          <dt>Provider</dt>
          <dd>{detail.provider}</dd>
          {detail.solution && (
            <>
              <dt>Solution</dt>
              <dd>
                <Link to="/w/$ws/content/$id" params={{ ws: workspace.name, id: detail.solution.id }} className="link">
                  {detail.solution.title}
                </Link>
              </dd>
            </>
          )}
        </dl>
      </Card>
      {detail.kind === 'xdr' && <Streams id={detail.id} streams={detail.streams ?? []} />}
      {components.length > 0 && (
        <Card title="Component connectors">
          <ul className={styles.list}>
            {components.map((c) => (
              <li key={c.id}>
                <Link to="/w/$ws/connectors/$id" params={{ ws: workspace.name, id: c.id }} className="link">
                  {c.name}
                </Link>
                <div className="muted">{c.stateText || c.state}</div>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {bad.length > 0 && (
        <Card title="Needs attention">
          <ul className={styles.list}>
            {bad.map((h) => (
              <li key={h.component}>
                <strong>{h.component.replace(/^connector\/[^/]+\//, '')}</strong>{' '}
                <span className="muted">
                  · {h.reason} · <Ago value={h.time} />
                </span>
                <div>{h.description}</div>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Received received={detail.received ?? []} />
      {(detail.skipped ?? []).length > 0 && (
        <Card title="Received but not ticked">
          <ul className={styles.list}>
            {(detail.skipped ?? []).map((s) => (
              <li key={s.table} className={styles.status}>
                <span className={styles.grow}>{s.table}</span>
                <span className={styles.number}>{formatNumber(s.count)}</span>
              </li>
            ))}
          </ul>
          <Link to="/w/$ws/deadletters" params={{ ws: workspace.name }} className="link">
            Records that could not be stored
          </Link>
        </Card>
      )}
    </>
  );
}
