import { Tab, TabList } from '@fluentui/react-components';
import { ArrowDownloadRegular, ChevronLeftRegular, DocumentSearchRegular, OpenRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { incidentQuery, paths } from '../../api/resources';
import type { IncidentDetail } from '../../api/types';
import { mayRespond, useSession, useTitle, useWorkspace } from '../../app/session';
import { SeverityBadge, StatusBadge, SyncChip } from '../../ui/badges';
import { formatNumber } from '../../ui/format';
import { PageHeader } from '../../ui/Page';
import { ErrorState, Loading } from '../../ui/states';
import { ActivityTab } from './tabs/ActivityTab';
import { AlertsTab } from './tabs/AlertsTab';
import { EntitiesTab } from './tabs/EntitiesTab';
import { Facts } from './Facts';
import styles from './IncidentPage.module.css';
import { OverviewTab } from './tabs/OverviewTab';
import { mayEdit, Properties } from './Properties';
import { RelatedTab } from './tabs/RelatedTab';
import { SyncCard } from './sync/SyncCard';
import { TasksTab } from './tabs/TasksTab';
import { SyncNotice } from './sync/SyncNotice';
import type { DetailTab } from './urlState';
import { incidentKql } from './words';

/** One incident: its properties on the left, its story on the right. */
export function IncidentPage() {
  const { number } = useParams({ from: '/w/$ws/incidents/$number' });
  const workspace = useWorkspace();
  useTitle(`Incident ${number}`);
  const query = useQuery(incidentQuery(workspace.name, Number(number)));
  if (query.data) return <Details incident={query.data} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} title={`Incident ${number} could not be loaded`} />;
  return <Loading label={`Loading incident ${number}`} />;
}

function Details({ incident }: { incident: IncidentDetail }) {
  const workspace = useWorkspace();
  const { tab = 'overview' } = useSearch({ from: '/w/$ws/incidents/$number' });
  const navigate = useNavigate({ from: '/w/$ws/incidents/$number' });
  const setTab = (next: DetailTab) => void navigate({ search: { tab: next === 'overview' ? undefined : next } });
  const session = useSession();
  const may = mayEdit(incident, session.user.role);
  const open = (incident.tasks ?? []).filter((t) => t.status !== 'Completed').length;
  const portal = incident.additionalData.providerIncidentUrl;
  return (
    <div className={styles.page}>
      <PageHeader
        above={
          <Link to="/w/$ws/incidents" params={{ ws: workspace.name }} className={styles.back}>
            <ChevronLeftRegular /> Incidents
          </Link>
        }
        title={incident.title}
        lead={
          <span className={styles.badges}>
            <span>Incident {incident.incidentNumber}</span>
            <SeverityBadge value={incident.severity} />
            <StatusBadge value={incident.status} />
            <SyncChip sync={incident.sync} />
          </span>
        }
        actions={
          <>
            <Link to="/w/$ws/logs" params={{ ws: workspace.name }} search={{ q: incidentKql(incident.incidentNumber), time: 'P30D', run: '1' }} className={styles.action}>
              <DocumentSearchRegular /> Investigate in Logs
            </Link>
            <a href={`${paths.incident(workspace.name, incident.incidentNumber)}/report`} download={`incident-${incident.incidentNumber}.md`} className={styles.action}>
              <ArrowDownloadRegular /> Report
            </a>
            {portal && (
              <a href={portal} target="_blank" rel="noreferrer" className={styles.action}>
                <OpenRegular /> Open in Defender
              </a>
            )}
          </>
        }
      />
      <div className={styles.columns}>
        <aside className={styles.side} aria-label="Properties">
          <SyncNotice incident={incident} />
          <Properties incident={incident} />
          <SyncCard incident={incident} may={mayRespond(session.user.role)} />
          <Facts incident={incident} />
        </aside>
        <div className={styles.main}>
          <TabList selectedValue={tab} onTabSelect={(_, d) => setTab(d.value as DetailTab)}>
            <Tab value="overview">Overview</Tab>
            <Tab value="alerts">Alerts ({formatNumber(incident.additionalData.alertsCount)})</Tab>
            <Tab value="entities">Entities ({formatNumber(incident.entitiesCount)})</Tab>
            <Tab value="related">Related</Tab>
            <Tab value="tasks">Tasks{open > 0 && ` (${open})`}</Tab>
            <Tab value="activity">Activity{incident.additionalData.commentsCount > 0 && ` (${incident.additionalData.commentsCount})`}</Tab>
          </TabList>
          <div className={styles.tab} role="tabpanel" aria-label={tab}>
            {tab === 'overview' && <OverviewTab incident={incident} showTab={setTab} />}
            {tab === 'alerts' && <AlertsTab incident={incident} />}
            {tab === 'entities' && <EntitiesTab incident={incident} />}
            {tab === 'related' && <RelatedTab incident={incident} />}
            {tab === 'tasks' && <TasksTab incident={incident} may={may} />}
            {tab === 'activity' && <ActivityTab incident={incident} />}
          </div>
        </div>
      </div>
    </div>
  );
}
