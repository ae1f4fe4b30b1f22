import { Tooltip } from '@fluentui/react-components';
import {
  AlertUrgentFilled,
  ArrowSyncCheckmarkRegular,
  ArrowSyncRegular,
  BranchForkRegular,
  CheckmarkCircleFilled,
  CheckmarkCircleRegular,
  CircleHalfFillRegular,
  CircleRegular,
  DismissCircleFilled,
  InfoFilled,
  LinkRegular,
  PlugDisconnectedRegular,
  SendClockRegular,
  WarningFilled,
} from '@fluentui/react-icons';
import type { ReactElement } from 'react';
import type { ConnectionState, Sync, SyncState } from '../api/types';
import styles from './badges.module.css';
import { formatAgo, isTime, spaced } from './format';

const severities: Record<string, { icon: ReactElement; tone: string }> = {
  High: { icon: <AlertUrgentFilled />, tone: 'high' },
  Medium: { icon: <WarningFilled />, tone: 'medium' },
  Low: { icon: <WarningFilled />, tone: 'low' },
  Informational: { icon: <InfoFilled />, tone: 'info' },
};

/** A severity: always icon and word, never colour alone. */
export function SeverityBadge({ value, short }: { value: string; short?: boolean }) {
  const look = severities[value] ?? severities.Informational;
  return (
    <span className={styles.severity} data-tone={look.tone}>
      <span className={styles.icon}>{look.icon}</span>
      <span>{short && value === 'Informational' ? 'Info' : value}</span>
    </span>
  );
}

const statuses: Record<string, ReactElement> = {
  New: <CircleRegular />,
  Active: <CircleHalfFillRegular />,
  InProgress: <CircleHalfFillRegular />,
  Closed: <CheckmarkCircleRegular />,
  Resolved: <CheckmarkCircleRegular />,
};

/** The status of an incident or alert. */
export function StatusBadge({ value }: { value: string }) {
  return (
    <span className={styles.status} data-status={value}>
      <span className={styles.icon}>{statuses[value] ?? <CircleRegular />}</span>
      {spaced(value)}
    </span>
  );
}

const syncs: Record<SyncState, { label: string; tone: string; icon: ReactElement; text: string }> = {
  synced: { label: 'Synced', tone: 'ok', icon: <ArrowSyncCheckmarkRegular />, text: 'Vedette and Defender show the same.' },
  pending: { label: 'Pending', tone: 'wait', icon: <SendClockRegular />, text: 'Your change is kept here and waits to be sent to Defender.' },
  sent: { label: 'Sent', tone: 'wait', icon: <ArrowSyncRegular />, text: 'Your change was sent; Defender has not confirmed it yet.' },
  conflict: { label: 'Conflict', tone: 'warn', icon: <BranchForkRegular />, text: 'The same field was changed here and in Defender. See the activity to choose.' },
  rejected: { label: 'Rejected', tone: 'bad', icon: <DismissCircleFilled />, text: 'Defender did not take your change.' },
  notSent: { label: 'Not sent', tone: 'warn', icon: <WarningFilled />, text: 'Your change was not sent, because the incident was merged into another one.' },
  local: { label: 'Local', tone: 'quiet', icon: <InfoFilled />, text: 'This incident lives in this workspace only.' },
};

/** Says in plain words where an incident's edits are. */
export function syncText(sync: Sync): string {
  const look = syncs[sync.state] ?? syncs.synced;
  const parts = [look.text];
  if (sync.pending?.length) parts.push(`Waiting: ${sync.pending.map((f) => spaced(f).toLowerCase()).join(', ')}.`);
  if (isTime(sync.since) && (sync.state === 'pending' || sync.state === 'sent')) parts.push(`Since ${formatAgo(sync.since)}.`);
  if (sync.attempts && sync.attempts > 1) parts.push(`${sync.attempts} attempts.`);
  if (sync.lastError) parts.push(sync.lastError);
  return parts.join(' ');
}

/** Where an incident stands between the two portals. */
export function SyncChip({ sync }: { sync: Sync }) {
  const look = syncs[sync.state] ?? syncs.synced;
  return (
    <Tooltip content={syncText(sync)} relationship="description">
      <span className={styles.chip} data-tone={look.tone}>
        <span className={styles.icon}>{look.icon}</span>
        {look.label}
      </span>
    </Tooltip>
  );
}

const connections: Record<ConnectionState, { label: string; tone: string; icon: ReactElement }> = {
  notConnected: { label: 'Not connected', tone: 'quiet', icon: <PlugDisconnectedRegular /> },
  connecting: { label: 'Connecting', tone: 'wait', icon: <ArrowSyncRegular /> },
  connected: { label: 'Connected', tone: 'ok', icon: <CheckmarkCircleFilled /> },
  degraded: { label: 'Degraded', tone: 'warn', icon: <WarningFilled /> },
  error: { label: 'Error', tone: 'bad', icon: <DismissCircleFilled /> },
  connectedThroughXDR: { label: 'Connected through Defender XDR', tone: 'ok', icon: <LinkRegular /> },
};

/** The state of a connection. */
export function ConnectionBadge({ state }: { state: ConnectionState | string }) {
  const look = connections[state as ConnectionState] ?? { label: spaced(state), tone: 'quiet', icon: <InfoFilled /> };
  return (
    <span className={styles.chip} data-tone={look.tone}>
      <span className={styles.icon}>{look.icon}</span>
      {look.label}
    </span>
  );
}
