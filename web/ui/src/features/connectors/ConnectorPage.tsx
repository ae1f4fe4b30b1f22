import { MessageBar, MessageBarBody, Tab, TabList } from '@fluentui/react-components';
import { ChevronLeftRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { connectorQuery } from '../../api/resources';
import type { ConnectorDetail } from '../../api/types';
import { useTitle, useWorkspace } from '../../app/session';
import { ConnectionBadge } from '../../ui/badges';
import { PageHeader } from '../../ui/Page';
import { ErrorState, Loading } from '../../ui/states';
import { Arrival } from './Arrival';
import { Completeness } from './Completeness';
import styles from './Connectors.module.css';
import { Instructions } from './Instructions';
import { NextSteps } from './NextSteps';
import { Originals } from './Originals';
import { Snapshots } from './Snapshots';
import { StatusPanel } from './StatusPanel';
import { type ConnectorTab, readConnectorState } from './urlState';

/** One connector: its state on the left, how to connect it on the right. */
export function ConnectorPage() {
  const { id } = useParams({ from: '/w/$ws/connectors/$id' });
  const workspace = useWorkspace();
  const query = useQuery(connectorQuery(workspace.name, id));
  useTitle(query.data?.title ?? 'Data connector');
  if (query.data) return <Details detail={query.data} id={id} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Loading label="Loading the connector" />;
}

function Details({ detail, id }: { detail: ConnectorDetail; id: string }) {
  const workspace = useWorkspace();
  const { tab = 'instructions' } = useSearch({ from: '/w/$ws/connectors/$id' });
  const navigate = useNavigate({ from: '/w/$ws/connectors/$id' });
  const missing = detail.solution && !detail.solution.installed;
  return (
    <>
      <PageHeader
        above={
          <Link to="/w/$ws/connectors" params={{ ws: workspace.name }} className="link">
            <ChevronLeftRegular /> Data connectors
          </Link>
        }
        title={detail.title}
        lead={detail.description}
        actions={<ConnectionBadge state={detail.state} />}
      />
      <div className={styles.columns}>
        <div className={styles.side}>
          <StatusPanel detail={detail} />
        </div>
        <div className={styles.main}>
          {missing && (
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>
                This connector comes with a solution that is not installed.{' '}
                <Link to="/w/$ws/content/$id" params={{ ws: workspace.name, id: detail.solution?.id ?? '' }} className="link">
                  Install {detail.solution?.title}
                </Link>
              </MessageBarBody>
            </MessageBar>
          )}
          {detail.message && (
            <MessageBar intent={detail.state === 'error' ? 'error' : detail.state === 'degraded' ? 'warning' : 'info'} layout="multiline">
              <MessageBarBody>{detail.message}</MessageBarBody>
            </MessageBar>
          )}
          <TabList selectedValue={tab} onTabSelect={(_, d) => void navigate({ search: readConnectorState({ tab: d.value }) })}>
            <Tab value="instructions">Instructions</Tab>
            {detail.kind === 'xdr' && <Tab value="completeness">Completeness</Tab>}
            {detail.kind === 'xdr' && <Tab value="originals">Originals</Tab>}
            <Tab value="next">Next steps</Tab>
          </TabList>
          <Panel tab={tab} detail={detail} id={id} />
        </div>
      </div>
    </>
  );
}

/** What the chosen tab shows. */
function Panel({ tab, detail, id }: { tab: ConnectorTab; detail: ConnectorDetail; id: string }) {
  if (tab === 'next') return <NextSteps detail={detail} />;
  if (tab === 'originals' && detail.kind === 'xdr') return <Originals tables={(detail.tables ?? []).map((t) => t.name)} />;
  if (tab !== 'completeness' || detail.kind !== 'xdr') return <Instructions detail={detail} id={id} />;
  return (
    <>
      <Completeness />
      <Arrival id={id} />
      <Snapshots />
    </>
  );
}
