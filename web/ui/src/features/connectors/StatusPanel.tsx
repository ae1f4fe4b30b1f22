import type { ConnectorDetail } from '../../api/types';
import { ConnectionBadge } from '../../ui/badges';
import { formatCount, formatNumber, formatSpan, formatTime } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Ago } from '../../ui/Time';
import styles from './Connectors.module.css';

/** How the connection does: its parts, its health, what came in. */
export function StatusPanel({ detail }: { detail: ConnectorDetail }) {
  const bad = (detail.health ?? []).filter((h) => h.status !== 'Success');
  const received = detail.received ?? [];
  const lag = detail.incidents.lagSeconds;
  const newest = [detail.incidents.lastSync, ...(detail.tables ?? []).map((t) => t.lastSeen)].filter((t): t is string => Boolean(t)).sort().at(-1);
  return (
    <>
      <Card title="Status">
        <ul className={styles.list}>
          <li className={styles.status}>
            <ConnectionBadge state={detail.state} />
            <span className="muted">
              Last data <Ago value={newest} />
            </span>
          </li>
          {(detail.components ?? []).map((c) => (
            <li key={c.id} className={styles.status}>
              <span style={{ flex: 1 }}>
                {c.title}
                {c.id === 'incidents' && lag !== null && lag !== undefined && <span className="muted"> · {formatSpan(lag * 1000)} behind</span>}
              </span>
              <ConnectionBadge state={c.state} />
            </li>
          ))}
        </ul>
      </Card>
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
      {received.length > 0 && (
        <Card title="Data received">
          <ul className={styles.list}>
            {received.map((r) => {
              const points = r.points ?? [];
              const total = points.reduce((n, p) => n + p.rows, 0);
              return (
                <li key={r.table} className={styles.received}>
                  <span title={r.table}>{r.table}</span>
                  <Spark points={points} label={`${r.table}: ${formatNumber(total)} rows`} />
                  <span className={styles.number}>{formatCount(total)}</span>
                </li>
              );
            })}
          </ul>
        </Card>
      )}
      {(detail.skipped ?? []).length > 0 && (
        <Card title="Received but not ticked">
          <ul className={styles.list}>
            {(detail.skipped ?? []).map((s) => (
              <li key={s.table} className={styles.status}>
                <span style={{ flex: 1 }}>{s.table}</span>
                <span className={styles.number}>{formatNumber(s.count)}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

/** Rows over time as small bars. */
function Spark({ points, label }: { points: { time: string; rows: number }[]; label: string }) {
  const width = 120;
  const height = 22;
  const most = Math.max(1, ...points.map((p) => p.rows));
  const step = width / Math.max(1, points.length);
  return (
    <svg width={width} height={height} role="img" aria-label={label} className={styles.spark}>
      {points.map((p, i) => {
        const h = p.rows === 0 ? 0 : Math.max(1, (p.rows / most) * height);
        return (
          <rect key={p.time} x={i * step} y={height - h} width={Math.max(0.8, step - 0.6)} height={h}>
            <title>{`${formatTime(p.time)}: ${formatNumber(p.rows)} rows`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
