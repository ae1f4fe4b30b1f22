import { Button, Checkbox, Spinner } from '@fluentui/react-components';
import { CheckmarkCircleFilled } from '@fluentui/react-icons';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ConnectorDetail } from '../../api/types';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { Card } from '../../ui/Page';
import { Ago } from '../../ui/Time';
import styles from './Connectors.module.css';
import { DisconnectDialog } from './DisconnectDialog';
import { useConnectorAction } from './useConnector';

/** Turns the synchronisation of incidents on and off. */
export function ConnectIncidents({ id, detail }: { id: string; detail: ConnectorDetail }) {
  const workspace = useWorkspace();
  const session = useSession();
  const action = useConnectorAction(workspace.name, id);
  const [rulesOff, setRulesOff] = useState(true);
  const [asking, setAsking] = useState(false);
  const may = mayContribute(session.user.role) && (detail.solution?.installed ?? true);
  const rules = detail.incidentRules;
  return (
    <Card title="1. Connect incidents and alerts">
      <div className={styles.connect}>
        <p>Brings all incidents and alerts of Defender XDR into this workspace and keeps them in step both ways: status, owner, classification, tags and comments.</p>
        {detail.incidents?.enabled ? (
          <>
            <span className={styles.status}>
              <CheckmarkCircleFilled color="var(--colorStatusSuccessForeground1)" fontSize={20} />
              <span>
                Connected. Last synchronised <Ago value={detail.incidents.lastSync} />.
              </span>
            </span>
            {rules && rules.total > 0 && (
              <p>
                {rules.enabled === 0 ? 'All Microsoft incident creation rules for these products are off.' : `${rules.enabled} of ${rules.total} Microsoft incident creation rules for these products are on; they may make incidents twice.`}{' '}
                <Link to="/w/$ws/analytics" params={{ ws: workspace.name }} className="link">
                  Rules
                </Link>
              </p>
            )}
            <Button disabled={!may || action.isPending} onClick={() => setAsking(true)}>
              Disconnect incidents and alerts
            </Button>
          </>
        ) : (
          <>
            <Checkbox checked={rulesOff} disabled={!may} onChange={(_, d) => setRulesOff(d.checked === true)} label="Turn off all Microsoft incident creation rules for these products. Recommended" />
            {!rulesOff && <p>Rules that stay on make an incident of each alert of their product as well, so some incidents will be here twice.</p>}
            <Button
              appearance="primary"
              disabled={!may || action.isPending}
              icon={action.isPending ? <Spinner size="tiny" /> : undefined}
              onClick={() =>
                action.mutate({ method: 'POST', path: 'connect', body: { incidents: true, turnOffIncidentRules: rulesOff }, done: 'Incidents and alerts are connected', failed: 'Incidents and alerts were not connected' })
              }
            >
              Connect incidents &amp; alerts
            </Button>
          </>
        )}
        {!mayContribute(session.user.role) && <span className="muted">Your role {session.user.role} can look at connectors but not change them.</span>}
      </div>
      <DisconnectDialog
        title="Disconnect incidents and alerts?"
        effects={detail.disconnect}
        open={asking}
        onClose={() => setAsking(false)}
        onDisconnect={() => action.mutate({ method: 'POST', path: 'disconnect', body: { incidents: true }, done: 'Incidents and alerts are disconnected', failed: 'Incidents and alerts are still connected' })}
      />
    </Card>
  );
}
