import { ChevronRightRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { overviewQuery } from '../../api/resources';
import { useTitle, useWorkspace } from '../../app/session';
import { ConnectionBadge } from '../../ui/badges';
import { formatNumber } from '../../ui/format';
import { Card, PageHeader } from '../../ui/Page';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { SetupStrip } from '../../app/setup/SetupStrip';
import styles from './OverviewPage.module.css';

/** Where things stand, and the ways on. */
export function OverviewPage() {
  useTitle('Overview');
  const workspace = useWorkspace();
  const query = useQuery(overviewQuery(workspace.name));
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  const data = query.data;
  const ws = workspace.name;
  const tables = [...(data.tables ?? [])].sort((a, b) => b.rows24h - a.rows24h);
  const most = tables[0]?.rows24h ?? 1;
  return (
    <>
      <SetupStrip />
      <PageHeader title="Overview" lead={`Workspace ${workspace.name}`} />
      <div className={styles.tiles}>
        <Link to="/w/$ws/incidents" params={{ ws }} className={styles.tile}>
          <span>Open incidents</span>
          <strong>{formatNumber(data.incidents.open)}</strong>
        </Link>
        <Link to="/w/$ws/incidents" params={{ ws }} search={{ status: 'New' }} className={styles.tile}>
          <span>New</span>
          <strong>{formatNumber(data.incidents.new)}</strong>
        </Link>
        <Link to="/w/$ws/incidents" params={{ ws }} search={{ status: 'Closed', sort: '-modified' }} className={styles.tile}>
          <span>Closed today</span>
          <strong>{formatNumber(data.incidents.closedToday)}</strong>
        </Link>
        <Link to="/w/$ws/connectors/$id" params={{ ws, id: 'defender-xdr' }} className={styles.tile}>
          <span>Microsoft Defender XDR</span>
          <span className={styles.state}>
            <ConnectionBadge state={data.connector.state} />
            <ChevronRightRegular />
          </span>
        </Link>
      </div>
      <div className={styles.body}>
        <Card title="Rows in the last 24 hours">
          {tables.length === 0 ? (
            <EmptyState small title="No data yet">
              Connect a tenant under{' '}
              <Link to="/w/$ws/connectors" params={{ ws }} className="link">
                Data connectors
              </Link>
              , and its tables appear here.
            </EmptyState>
          ) : (
            <ul className={styles.tables}>
              {tables.map((t) => (
                <li key={t.name}>
                  <Link to="/w/$ws/logs" params={{ ws }} search={{ q: `${t.name}\n| sort by TimeGenerated desc\n| take 100`, run: '1' }} className="link">
                    {t.name}
                  </Link>
                  <span className={styles.track} aria-hidden="true">
                    <span style={{ width: `${Math.max(0.5, (t.rows24h / most) * 100)}%` }} />
                  </span>
                  <span className={styles.rows}>{formatNumber(t.rows24h)}</span>
                </li>
              ))}
            </ul>
          )}
        </Card>
      </div>
    </>
  );
}
