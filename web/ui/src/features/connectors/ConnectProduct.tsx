import { Button, Spinner } from '@fluentui/react-components';
import { useState } from 'react';
import type { ConnectorDetail } from '../../api/types';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { ConnectionBadge } from '../../ui/badges';
import { isTime } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Moment } from '../../ui/Time';
import styles from './Connectors.module.css';
import { DisconnectDialog } from './DisconnectDialog';
import { useConnectorAction } from './useConnector';

/** Connects the alerts of one product. */
export function ConnectProduct({ id, detail }: { id: string; detail: ConnectorDetail }) {
  const workspace = useWorkspace();
  const session = useSession();
  const action = useConnectorAction(workspace.name, id);
  const [asking, setAsking] = useState(false);
  const may = mayContribute(session.user.role) && (detail.solution?.installed ?? true);
  const off = detail.state === 'notConnected';
  return (
    <Card title="Connect alerts">
      <div className={styles.connect}>
        <span className={styles.status}>
          <ConnectionBadge state={detail.state} />
          <span>
            {detail.stateText}
            {!off && isTime(detail.connectedAt) && (
              <span className="muted">
                {' '}
                Since <Moment value={detail.connectedAt} />
                {detail.connectedBy && ` by ${detail.connectedBy}`}.
              </span>
            )}
          </span>
        </span>
        {off ? (
          <Button
            appearance="primary"
            disabled={!may || action.isPending}
            icon={action.isPending ? <Spinner size="tiny" /> : undefined}
            onClick={() => action.mutate({ method: 'POST', path: 'connect', body: {}, done: `${detail.title} is connected`, failed: `${detail.title} was not connected` })}
          >
            Connect
          </Button>
        ) : (
          <Button disabled={!may || action.isPending} onClick={() => setAsking(true)}>
            Disconnect
          </Button>
        )}
        {!mayContribute(session.user.role) && <span className="muted">Your role {session.user.role} can look at connectors but not change them.</span>}
      </div>
      <DisconnectDialog
        title={`Disconnect ${detail.title}?`}
        effects={detail.disconnect}
        open={asking}
        onClose={() => setAsking(false)}
        onDisconnect={() => action.mutate({ method: 'POST', path: 'disconnect', body: {}, done: `${detail.title} is disconnected`, failed: `${detail.title} is still connected` })}
      />
    </Card>
  );
}
