import { ChevronDownRegular, ChevronRightRegular, OpenRegular } from '@fluentui/react-icons';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alert } from '../../../api/types';
import { SeverityBadge, StatusBadge } from '../../../ui/badges';
import { spaced } from '../../../ui/format';
import { Moment } from '../../../ui/Time';
import styles from '../IncidentPage.module.css';
import { alertEventsKql, alertKql, productName, timeAround } from '../words';

/** One alert as two rows: its facts, and on demand its evidence. */
export function AlertRow({ alert, ws }: { alert: Alert; ws: string }) {
  const [open, setOpen] = useState(false);
  const time = timeAround(alert.firstActivityTimeUtc, alert.lastActivityTimeUtc);
  const events = alertEventsKql(alert);
  return (
    <>
      <tr>
        <td>
          <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? <ChevronDownRegular /> : <ChevronRightRegular />}
            {alert.title}
          </button>
        </td>
        <td>
          <SeverityBadge value={alert.severity} />
        </td>
        <td>
          <StatusBadge value={alert.status} />
        </td>
        <td>{productName(alert.productName)}</td>
        <td className={styles.nowrap}>
          <Moment value={alert.firstActivityTimeUtc} />
        </td>
        <td className={`${styles.right} ${styles.nowrap}`}>
          {events && (
            <Link to="/w/$ws/logs" params={{ ws }} search={{ q: events, time, run: '1' }} className="link">
              Show events
            </Link>
          )}{' '}
          <Link to="/w/$ws/logs" params={{ ws }} search={{ q: alertKql(alert.systemAlertId), time, run: '1' }} className="link">
            Logs
          </Link>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={6}>
            <div className={styles.detail}>
              {alert.description && <p>{alert.description}</p>}
              <p>
                {[spaced(alert.category), ...(alert.techniques ?? [])].filter(Boolean).join(' · ')} · <span className="mono">{alert.id}</span>
                {alert.url && (
                  <>
                    {' · '}
                    <a className="link" href={alert.url} target="_blank" rel="noreferrer">
                      Open in Defender <OpenRegular />
                    </a>
                  </>
                )}
              </p>
              <div className={styles.chips}>
                {(alert.entities ?? []).map((entity, i) => (
                  <span key={i} className={styles.chip}>
                    <span className="muted">{entityKind(entity)}</span> {entityLabel(entity)}
                  </span>
                ))}
              </div>
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

type AlertEntity = NonNullable<Alert['entities']>[number];

const text = (v: unknown) => (typeof v === 'string' ? v : '');

/** The kind of an entity in an alert's own JSON, which calls it Type. */
export const entityKind = (e: AlertEntity) => spaced(text(e.kind) || text(e.Type));

/** What an entity of an alert is called, by the property its kind is known by. */
export function entityLabel(e: AlertEntity): string {
  for (const key of ['label', 'DisplayName', 'Name', 'HostName', 'Address', 'Url', 'CommandLine', 'Value', 'MailboxPrimaryAddress', 'Subject', 'ProcessId', 'Key', 'AppId', 'ResourceId']) {
    if (text(e[key])) return text(e[key]);
  }
  return '';
}
