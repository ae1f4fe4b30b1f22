import { MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { Link } from '@tanstack/react-router';
import type { Incident } from '../../../api/types';
import { useWorkspace } from '../../../app/session';
import { syncText } from '../../../ui/badges';

/** Tells people when an incident was merged, or when their edits are anywhere else than in both portals. */
export function SyncNotice({ incident }: { incident: Incident }) {
  const workspace = useWorkspace();
  const { state } = incident.sync;
  const params = { ws: workspace.name, number: String(incident.incidentNumber) };
  const toActivity = state === 'conflict' || state === 'notSent';
  return (
    <>
      {incident.redirectTo && (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>Merged</MessageBarTitle>
            {incident.redirectNumber ? (
              <>
                This incident was merged into{' '}
                <Link to="/w/$ws/incidents/$number" params={{ ws: workspace.name, number: String(incident.redirectNumber) }} className="link">
                  incident {incident.redirectNumber}
                </Link>
                . Work on that one; this one is kept for its history.
              </>
            ) : (
              `This incident was merged into incident ${incident.redirectTo} of the tenant, which has not arrived here yet.`
            )}
          </MessageBarBody>
        </MessageBar>
      )}
      {state !== 'synced' && state !== 'local' && state !== 'rejected' && (
        <MessageBar intent={toActivity ? 'warning' : 'info'} layout="multiline">
          <MessageBarBody>{syncText(incident.sync)}</MessageBarBody>
          {toActivity && (
            <MessageBarActions>
              <Link to="/w/$ws/incidents/$number" params={params} search={{ tab: 'activity' }} className="link">
                Choose what stands
              </Link>
            </MessageBarActions>
          )}
        </MessageBar>
      )}
    </>
  );
}
