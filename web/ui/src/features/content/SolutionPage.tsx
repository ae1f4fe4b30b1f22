import { Button, MessageBar, MessageBarBody, Spinner, Tab, TabList } from '@fluentui/react-components';
import { ArrowSyncRegular, BoxMultipleRegular, ChevronLeftRegular, DeleteRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type ContentDetail, contentQuery } from '../../api/content';
import { mayContribute, useSession, useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { Card, PageHeader } from '../../ui/Page';
import { ErrorState, Loading } from '../../ui/states';
import { ConnectorList, FunctionList, HuntingList, RuleList, WorkbookList } from './lists';
import { SolutionFacts } from './SolutionFacts';
import { useContentAction } from './useContentAction';

/** One solution: what it brings, and the buttons to install, update and remove it. */
export function SolutionPage() {
  const { id } = useParams({ from: '/w/$ws/content/$id' });
  const workspace = useWorkspace();
  const query = useQuery(contentQuery(workspace.name, id));
  useTitle(query.data?.title ?? 'Solution');
  if (query.data) return <Details detail={query.data} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Loading label="Loading the solution" />;
}

function Details({ detail }: { detail: ContentDetail }) {
  const workspace = useWorkspace();
  const [tab, setTab] = useState('overview');
  const rules = detail.analyticsRules ?? [];
  const hunting = detail.huntingQueries ?? [];
  const workbooks = detail.workbooks ?? [];
  const functions = detail.functions ?? [];
  return (
    <>
      <PageHeader
        above={
          <Link to="/w/$ws/content" params={{ ws: workspace.name }} className="link">
            <ChevronLeftRegular /> Content hub
          </Link>
        }
        title={detail.title}
        lead={detail.description}
        actions={<Actions detail={detail} />}
      />
      <div className={cards.body}>
        {detail.message && (
          <MessageBar intent="success" layout="multiline">
            <MessageBarBody>{detail.message}</MessageBarBody>
          </MessageBar>
        )}
        <TabList selectedValue={tab} onTabSelect={(_, d) => setTab(String(d.value))}>
          <Tab value="overview">Overview</Tab>
          {rules.length > 0 && <Tab value="rules">Analytics rules ({rules.length})</Tab>}
          {hunting.length > 0 && <Tab value="hunting">Hunting queries ({hunting.length})</Tab>}
          {workbooks.length > 0 && <Tab value="workbooks">Workbooks ({workbooks.length})</Tab>}
          {functions.length > 0 && <Tab value="functions">Functions ({functions.length})</Tab>}
        </TabList>
        {tab === 'overview' && (
          <>
            <Card title="About">
              <SolutionFacts detail={detail} />
            </Card>
            {(detail.connectors ?? []).length > 0 && (
              <Card title="Data connectors">
                <ConnectorList detail={detail} />
              </Card>
            )}
          </>
        )}
        {tab === 'rules' && (
          <Card>
            <RuleList rules={rules} />
          </Card>
        )}
        {tab === 'hunting' && (
          <Card>
            <HuntingList queries={hunting} />
          </Card>
        )}
        {tab === 'workbooks' && (
          <Card>
            <WorkbookList workbooks={workbooks} installed={detail.installed} />
          </Card>
        )}
        {tab === 'functions' && (
          <Card>
            <FunctionList functions={functions} />
          </Card>
        )}
      </div>
    </>
  );
}

function Actions({ detail }: { detail: ContentDetail }) {
  const workspace = useWorkspace();
  const session = useSession();
  const action = useContentAction(workspace.name, detail.id);
  const disabled = !mayContribute(session.user.role) || action.isPending;
  const icon = action.isPending ? <Spinner size="tiny" /> : undefined;
  if (!detail.installed) {
    return (
      <Button appearance="primary" disabled={disabled} icon={icon ?? <BoxMultipleRegular />} onClick={() => action.mutate('install')}>
        Install
      </Button>
    );
  }
  return (
    <>
      {detail.updateAvailable && (
        <Button appearance="primary" disabled={disabled} icon={icon ?? <ArrowSyncRegular />} onClick={() => action.mutate('install')}>
          Update to {detail.version}
        </Button>
      )}
      <Button disabled={disabled} icon={<DeleteRegular />} onClick={() => action.mutate('remove')}>
        Remove
      </Button>
    </>
  );
}
