import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import type { Incident } from '../../api/types';
import { syncText } from '../../ui/badges';

/** Tells people when their edits are anywhere else than in both portals. */
export function SyncNotice({ incident }: { incident: Incident }) {
  const { state } = incident.sync;
  if (incident.redirectTo) {
    return (
      <MessageBar intent="info" layout="multiline">
        <MessageBarBody>This incident was merged into Defender incident {incident.redirectTo}. Work on that one; this one is kept for its history.</MessageBarBody>
      </MessageBar>
    );
  }
  if (state === 'synced' || state === 'local' || !state) return null;
  const intent = state === 'rejected' ? 'error' : state === 'conflict' || state === 'notSent' ? 'warning' : 'info';
  return (
    <MessageBar intent={intent} layout="multiline">
      <MessageBarBody>{syncText(incident.sync)}</MessageBarBody>
    </MessageBar>
  );
}
