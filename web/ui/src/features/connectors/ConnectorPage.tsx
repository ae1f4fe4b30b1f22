import { Button, MessageBar, MessageBarBody, Tab, TabList } from '@fluentui/react-components';
import { CheckmarkCircleFilled, ChevronLeftRegular, CopyRegular, DismissCircleFilled, QuestionCircleFilled } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { connectorQuery, connectorsQuery } from '../../api/resources';
import type { ConnectorDetail, Prerequisite } from '../../api/types';
import { useTitle, useWorkspace } from '../../app/session';
import { ConnectionBadge } from '../../ui/badges';
import { Card, PageHeader } from '../../ui/Page';
import { ErrorState, Loading } from '../../ui/states';
import { useToasts } from '../../ui/toast';
import { ConnectEvents } from './ConnectEvents';
import { ConnectIncidents } from './ConnectIncidents';
import styles from './Connectors.module.css';
import { StatusPanel } from './StatusPanel';

/** One connector: its state on the left, how to connect it on the right. */
export function ConnectorPage() {
  const { id } = useParams({ from: '/w/$ws/connectors/$id' });
  const { tab = 'instructions' } = useSearch({ from: '/w/$ws/connectors/$id' });
  const navigate = useNavigate({ from: '/w/$ws/connectors/$id' });
  const workspace = useWorkspace();
  const query = useQuery(connectorQuery(workspace.name, id));
  const card = useQuery(connectorsQuery(workspace.name)).data?.items?.find((c) => c.id === id);
  const title = card?.title ?? (id === 'defender-xdr' ? 'Microsoft Defender XDR' : id);
  useTitle(title);
  const detail = query.data;
  return (
    <>
      <PageHeader
        above={
          <Link to="/w/$ws/connectors" params={{ ws: workspace.name }} className="link">
            <ChevronLeftRegular /> Data connectors
          </Link>
        }
        title={title}
        lead={card?.description}
        actions={detail && <ConnectionBadge state={detail.state} />}
      />
      {query.isPending && <Loading />}
      {query.isError && !detail && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {detail && (
        <div className={styles.columns}>
          <div className={styles.side}>
            <StatusPanel detail={detail} />
          </div>
          <div className={styles.main}>
            {detail.message && (
              <MessageBar intent={detail.state === 'error' ? 'error' : 'warning'} layout="multiline">
                <MessageBarBody>{detail.message}</MessageBarBody>
              </MessageBar>
            )}
            <TabList selectedValue={tab} onTabSelect={(_, d) => void navigate({ search: { tab: d.value === 'next' ? 'next' : undefined } })}>
              <Tab value="instructions">Instructions</Tab>
              <Tab value="next">Next steps</Tab>
            </TabList>
            {tab === 'next' ? <NextSteps detail={detail} ws={workspace.name} /> : <Instructions detail={detail} id={id} />}
          </div>
        </div>
      )}
    </>
  );
}

function Instructions({ detail, id }: { detail: ConnectorDetail; id: string }) {
  let step = 0;
  return (
    <>
      <Card title="Prerequisites">
        <ul className={styles.list}>
          {(detail.prerequisites ?? []).map((p) => (
            <PrerequisiteRow key={p.id} prerequisite={p} />
          ))}
        </ul>
      </Card>
      <ConnectIncidents id={id} detail={detail} step={++step} />
      {detail.entities && (
        <Card title={`${++step}. Connect entities`}>
          {detail.entities.url ? (
            <a className="link" href={detail.entities.url}>
              {detail.entities.text}
            </a>
          ) : (
            detail.entities.text
          )}
        </Card>
      )}
      <ConnectEvents id={id} detail={detail} step={++step} />
    </>
  );
}

const stateWords = { met: 'Met', notMet: 'Not met', unknown: 'Cannot be checked' };

function PrerequisiteRow({ prerequisite: p }: { prerequisite: Prerequisite }) {
  const toasts = useToasts();
  return (
    <li className={styles.pre} data-state={p.state}>
      {p.state === 'met' ? <CheckmarkCircleFilled /> : p.state === 'notMet' ? <DismissCircleFilled /> : <QuestionCircleFilled />}
      <span>
        {p.title} <span className="muted">· {stateWords[p.state] ?? p.state}</span>
      </span>
      {p.state !== 'met' && p.remedy && (
        <div className={styles.remedy}>
          <span>{p.remedy}</span>
          <Button
            size="small"
            appearance="subtle"
            icon={<CopyRegular />}
            aria-label={`Copy what to do for ${p.title}`}
            onClick={() => void navigator.clipboard?.writeText(p.remedy ?? '').then(() => toasts.info('Copied'))}
          />
        </div>
      )}
    </li>
  );
}

function NextSteps({ detail, ws }: { detail: ConnectorDetail; ws: string }) {
  return (
    <Card title="Sample queries">
      <ul className={styles.list}>
        {(detail.sampleQueries ?? []).map((s) => (
          <li key={s.title} className={styles.sample}>
            <strong>{s.title}</strong>
            <pre tabIndex={0}>{s.query}</pre>
            <Link to="/w/$ws/logs" params={{ ws }} search={{ q: s.query, run: '1' }} className="link">
              Run in Logs
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
