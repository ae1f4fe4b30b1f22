import { Button, Spinner } from '@fluentui/react-components';
import { ArrowClockwiseRegular } from '@fluentui/react-icons';
import type { ConnectorDetail } from '../../api/types';
import { useWorkspace } from '../../app/session';
import { Card } from '../../ui/Page';
import { Prerequisites } from '../../ui/Prerequisites';
import { Ago } from '../../ui/Time';
import { Clouds } from './Clouds';
import { ConnectEntities } from './ConnectEntities';
import { ConnectEvents } from './ConnectEvents';
import { ConnectIncidents } from './ConnectIncidents';
import { ConnectProduct } from './ConnectProduct';
import styles from './Connectors.module.css';
import { useCheck } from './useConnector';

/** What must hold before a connector works, and the parts of its configuration. */
export function Instructions({ detail, id }: { detail: ConnectorDetail; id: string }) {
  const workspace = useWorkspace();
  const check = useCheck(workspace.name, id);
  const permissions = detail.appPermissions ?? [];
  return (
    <>
      <Card
        title="Prerequisites"
        actions={
          <>
            <span className="muted">{detail.checkedAt && <>checked <Ago value={detail.checkedAt} /></>}</span>
            <Button size="small" icon={check.isPending ? <Spinner size="tiny" /> : <ArrowClockwiseRegular />} disabled={check.isPending} onClick={() => check.mutate()}>
              Check again
            </Button>
          </>
        }
      >
        <Prerequisites items={detail.prerequisites ?? []} />
        {permissions.length > 0 && (
          <>
            <h3 className={styles.subtitle}>Permissions of the application</h3>
            <Prerequisites items={permissions} />
          </>
        )}
      </Card>
      <h2 className={styles.heading}>Configuration</h2>
      {detail.kind === 'component' || detail.kind === 'cloud' ? (
        <ConnectProduct id={id} detail={detail} />
      ) : (
        <>
          <ConnectIncidents id={id} detail={detail} />
          <ConnectEntities />
          <ConnectEvents id={id} detail={detail} />
        </>
      )}
      <Clouds clouds={detail.clouds ?? []} />
    </>
  );
}
