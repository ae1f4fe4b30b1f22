import { ChevronDownRegular, ChevronRightRegular, OpenRegular } from '@fluentui/react-icons';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alert, IncidentDetail } from '../../api/types';
import { useWorkspace } from '../../app/session';
import { SeverityBadge, StatusBadge } from '../../ui/badges';
import { spaced } from '../../ui/format';
import { Card } from '../../ui/Page';
import { EmptyState } from '../../ui/states';
import { Moment } from '../../ui/Time';
import styles from './IncidentPage.module.css';
import { alertKql, alertsKql, timeAround } from './words';

/** The alerts of an incident, each with its evidence. */
export function AlertsTab({ incident }: { incident: IncidentDetail }) {
  const workspace = useWorkspace();
  const alerts = incident.alerts ?? [];
  if (alerts.length === 0) return <EmptyState title="No alerts">{incident.emptyReason || 'The alerts of this incident have not arrived yet.'}</EmptyState>;
  return (
    <Card
      title={`Alerts (${alerts.length})`}
      actions={
        <Link
          to="/w/$ws/logs"
          params={{ ws: workspace.name }}
          search={{ q: alertsKql(alerts.map((a) => a.systemAlertId)), time: timeAround(incident.firstActivityTimeUtc, incident.lastActivityTimeUtc), run: '1' }}
          className="link"
        >
          Show all in Logs
        </Link>
      }
    >
      <table className={styles.rows}>
        <thead>
          <tr>
            <th>Alert</th>
            <th>Severity</th>
            <th>Status</th>
            <th>Product</th>
            <th>First activity</th>
            <th aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <AlertRow key={alert.id} alert={alert} ws={workspace.name} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function AlertRow({ alert, ws }: { alert: Alert; ws: string }) {
  const [open, setOpen] = useState(false);
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
        <td>{alert.productName}</td>
        <td style={{ whiteSpace: 'nowrap' }}>
          <Moment value={alert.firstActivityTimeUtc} />
        </td>
        <td className={styles.right}>
          <Link to="/w/$ws/logs" params={{ ws }} search={{ q: alertKql(alert.systemAlertId), time: timeAround(alert.firstActivityTimeUtc, alert.lastActivityTimeUtc), run: '1' }} className="link">
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
                    <span className="muted">{entity.kind}</span> {entity.label}
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
