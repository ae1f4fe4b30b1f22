import { Button, MessageBar, MessageBarBody, Spinner, Switch } from '@fluentui/react-components';
import { ArrowClockwiseRegular, ChevronLeftRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { type EntityBehavior, uebaQuery } from '../../api/ueba';
import { mayContribute, useSession, useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { isTime } from '../../ui/format';
import { LogsLink } from '../../ui/Kql';
import { Card, PageHeader } from '../../ui/Page';
import { Prerequisites } from '../../ui/Prerequisites';
import { ErrorState, Loading } from '../../ui/states';
import { Moment } from '../../ui/Time';
import { DirectoryChoice } from './DirectoryChoice';
import { changed, chosenOf } from './form';
import styles from './Ueba.module.css';
import { useUeba } from './useUeba';

/** Chooses whose people are followed: the toggle, the directories, Apply. */
export function UebaPage() {
  useTitle('Entity behavior configuration');
  const workspace = useWorkspace();
  const query = useQuery(uebaQuery(workspace.name));
  return (
    <>
      <PageHeader
        above={
          <Link to="/w/$ws/connectors/$id" params={{ ws: workspace.name, id: 'defender-xdr' }} className="link">
            <ChevronLeftRegular /> Microsoft Defender XDR
          </Link>
        }
        title="Entity behavior configuration"
        lead="Brings the people of your directories into the table IdentityInfo: who they are, their groups and their manager."
      />
      {query.isPending && <Loading />}
      {query.isError && !query.data && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.data && <Form config={query.data} />}
    </>
  );
}

function Form({ config }: { config: EntityBehavior }) {
  const workspace = useWorkspace();
  const session = useSession();
  const may = mayContribute(session.user.role);
  const { apply, check } = useUeba(workspace.name);
  const [enabled, setEnabled] = useState(config.enabled);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => chosenOf(config));
  // Only a new configuration on the server replaces what is chosen here, not a fresh count of people.
  useEffect(() => {
    setEnabled(config.enabled);
    setChosen(chosenOf(config));
  }, [config.etag]);
  const dirty = changed(config, enabled, chosen);
  return (
    <div className={cards.body}>
      <Card title="1. Turn on entity behavior">
        <Switch checked={enabled} disabled={!may} label={enabled ? 'On' : 'Off'} aria-label="Entity behavior" onChange={(_, d) => setEnabled(d.checked)} />
        {isTime(config.changedAt) && (
          <p className="muted">
            Last changed <Moment value={config.changedAt} /> by {config.changedBy}
          </p>
        )}
      </Card>
      <Card title="2. Choose directory services">
        <div className={styles.directories}>
          {(config.directories ?? []).map((d) => (
            <DirectoryChoice
              key={d.id}
              directory={d}
              checked={chosen.has(d.id)}
              disabled={!may || !enabled}
              onTick={(on) =>
                setChosen((old) => {
                  const next = new Set(old);
                  on ? next.add(d.id) : next.delete(d.id);
                  return next;
                })
              }
            />
          ))}
        </div>
        {apply.isError && (
          <MessageBar intent="error" layout="multiline">
            <MessageBarBody>{apply.error.message}</MessageBarBody>
          </MessageBar>
        )}
        <div className={styles.apply}>
          <Button
            appearance="primary"
            disabled={!may || !dirty || apply.isPending}
            icon={apply.isPending ? <Spinner size="tiny" /> : undefined}
            onClick={() => apply.mutate({ enabled, directories: [...chosen], etag: config.etag })}
          >
            Apply
          </Button>
          <span className="muted" role="status">
            {dirty ? 'Not applied yet' : 'No changes'}
          </span>
          <span className={styles.spacer} />
          <LogsLink query={'IdentityInfo\n| summarize arg_max(TimeGenerated, *) by AccountObjectId, AccountSID\n| project TimeGenerated, AccountDisplayName, AccountUPN, Department, Manager, GroupMembership, SourceSystem'} time="P14D">
            Show people in Logs
          </LogsLink>
        </div>
      </Card>
      {(config.prerequisites ?? []).length > 0 && (
        <Card
          title="What Active Directory needs"
          actions={
            <Button size="small" icon={check.isPending ? <Spinner size="tiny" /> : <ArrowClockwiseRegular />} disabled={check.isPending} onClick={() => check.mutate()}>
              Check again
            </Button>
          }
        >
          <Prerequisites items={config.prerequisites ?? []} />
        </Card>
      )}
      {config.baselines?.message && (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>{config.baselines.message}</MessageBarBody>
        </MessageBar>
      )}
    </div>
  );
}
