import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { CheckmarkCircleFilled } from '@fluentui/react-icons';
import { useState } from 'react';
import type { ConnectorDetail } from '../../api/types';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { Card } from '../../ui/Page';
import { Ago } from '../../ui/Time';
import styles from './Connectors.module.css';
import { useConnectorAction } from './useConnector';

/** Turns the synchronisation of incidents on and off. */
export function ConnectIncidents({ id, detail, step }: { id: string; detail: ConnectorDetail; step: number }) {
  const workspace = useWorkspace();
  const session = useSession();
  const action = useConnectorAction(workspace.name, id);
  const [rulesOff, setRulesOff] = useState(true);
  const [asking, setAsking] = useState(false);
  const may = mayContribute(session.user.role);
  const { enabled, lastSync } = detail.incidents;
  const rules = detail.incidentRules;
  return (
    <Card title={`${step}. Connect incidents and alerts`}>
      <div className={styles.connect}>
        <p>Brings all incidents and alerts of Defender XDR into this workspace and keeps them in step both ways: status, owner, classification, tags and comments.</p>
        {enabled ? (
          <>
            <span className={styles.status}>
              <CheckmarkCircleFilled color="var(--colorStatusSuccessForeground1)" fontSize={20} />
              <span>
                Connected. Last synchronised <Ago value={lastSync} />.
              </span>
            </span>
            {rules.total > 0 && (
              <span className="muted">
                {rules.enabled === 0 ? 'All Microsoft incident creation rules for these products are off.' : `${rules.enabled} of ${rules.total} Microsoft incident creation rules for these products are on; they may make incidents twice.`}
              </span>
            )}
            <Button disabled={!may || action.isPending} onClick={() => setAsking(true)}>
              Disconnect incidents and alerts
            </Button>
          </>
        ) : (
          <>
            <Checkbox checked={rulesOff} disabled={!may} onChange={(_, d) => setRulesOff(d.checked === true)} label="Turn off all Microsoft incident creation rules for these products. Recommended" />
            <Button
              appearance="primary"
              disabled={!may || action.isPending}
              onClick={() =>
                action.mutate({ method: 'POST', path: 'connect', body: { incidents: true, turnOffIncidentRules: rulesOff }, done: 'Incidents and alerts are connected', failed: 'Incidents and alerts were not connected' })
              }
            >
              Connect incidents &amp; alerts
            </Button>
          </>
        )}
        {!may && <span className="muted">Your role {session.user.role} can look at connectors but not change them.</span>}
      </div>
      <Dialog open={asking} onOpenChange={(_, d) => setAsking(d.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>Disconnect incidents and alerts?</DialogTitle>
            <DialogContent>New incidents stop arriving, and changes made here are no longer sent to Defender. What is here already stays.</DialogContent>
            <DialogActions>
              <Button onClick={() => setAsking(false)}>Cancel</Button>
              <Button
                appearance="primary"
                onClick={() => {
                  setAsking(false);
                  action.mutate({ method: 'POST', path: 'disconnect', body: { incidents: true }, done: 'Incidents and alerts are disconnected', failed: 'Incidents and alerts are still connected' });
                }}
              >
                Disconnect
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </Card>
  );
}
