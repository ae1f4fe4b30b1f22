import { Link } from '@tanstack/react-router';
import type { IncidentDetail } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { SeverityBadge, StatusBadge } from '../../../ui/badges';
import { formatNumber, formatShortTime, formatTime } from '../../../ui/format';
import { Card } from '../../../ui/Page';
import { EmptyAlerts } from '../EmptyAlerts';
import { EntityName } from '../EntityName';
import styles from '../IncidentPage.module.css';
import type { DetailTab } from '../urlState';
import { alertKql, productName, timeAround } from '../words';

/** The story so far: alerts in the order of their activity, and who and what is in them. */
export function OverviewTab({ incident, showTab }: { incident: IncidentDetail; showTab: (tab: DetailTab) => void }) {
  const workspace = useWorkspace();
  const alerts = [...(incident.alerts ?? [])].sort((a, b) => a.firstActivityTimeUtc.localeCompare(b.firstActivityTimeUtc));
  const entities = incident.entities ?? [];
  return (
    <div className={styles.two}>
      <Card title="Incident timeline">
        {alerts.length === 0 ? (
          <EmptyAlerts small incident={incident} />
        ) : (
          <ol className={styles.timeline}>
            {alerts.map((alert) => (
              <li key={alert.id} data-severity={alert.severity}>
                <time className={styles.when} dateTime={alert.firstActivityTimeUtc} title={formatTime(alert.firstActivityTimeUtc)}>
                  {formatShortTime(alert.firstActivityTimeUtc)}
                </time>
                <div>
                  <div className={styles.alertTitle}>{alert.title}</div>
                  <div className={styles.meta}>
                    <SeverityBadge value={alert.severity} />
                    <StatusBadge value={alert.status} />
                    <span className="muted">{productName(alert.productName)}</span>
                    {(alert.techniques ?? []).length > 0 && <span className="muted">{alert.techniques?.join(', ')}</span>}
                    <Link
                      to="/w/$ws/logs"
                      params={{ ws: workspace.name }}
                      search={{ q: alertKql(alert.systemAlertId), time: timeAround(alert.firstActivityTimeUtc, alert.lastActivityTimeUtc), run: '1' }}
                      className="link"
                    >
                      Logs
                    </Link>
                  </div>
                </div>
              </li>
            ))}
            {incident.additionalData.alertsCount > alerts.length && (
              <li className={styles.more}>
                <button type="button" className={`link ${styles.toggle}`} onClick={() => showTab('alerts')}>
                  {formatNumber(incident.additionalData.alertsCount - alerts.length)} more alerts
                </button>
              </li>
            )}
          </ol>
        )}
      </Card>
      <Card
        title="Entities"
        actions={
          <button type="button" className={`link ${styles.toggle}`} onClick={() => showTab('entities')}>
            View all
          </button>
        }
      >
        {entities.length === 0 && <span className="muted">None yet.</span>}
        <table className={styles.rows}>
          <tbody>
            {entities.slice(0, 8).map((entity) => (
              <tr key={entity.kind + entity.label}>
                <td className="muted">{entity.kind}</td>
                <td style={{ overflowWrap: 'anywhere' }}>
                  <EntityName entity={entity} ws={workspace.name} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
    </div>
  );
}
