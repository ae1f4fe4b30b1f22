import type { ReactNode } from 'react';
import type { Incident } from '../../api/types';
import { SeverityBadge, StatusBadge, SyncChip } from '../../ui/badges';
import { spaced } from '../../ui/format';
import { Ago, Moment } from '../../ui/Time';
import styles from './IncidentTable.module.css';
import type { SortKey } from './urlState';
import { closingOf, ownerName, productName } from './words';

/** One column of the queue. */
export interface Column {
  id: string;
  label: string;
  sort?: SortKey;
  className?: string;
  cell: (incident: Incident) => ReactNode;
}

/** Every column a person can choose; the title always shows. */
export const columns: Column[] = [
  { id: 'severity', label: 'Severity', sort: 'severity', cell: (i) => <SeverityBadge value={i.severity} short /> },
  { id: 'number', label: 'Number', sort: 'number', className: styles.number, cell: (i) => i.incidentNumber },
  { id: 'title', label: 'Title', sort: 'title', className: styles.title, cell: (i) => i.title },
  { id: 'status', label: 'Status', sort: 'status', cell: (i) => <StatusBadge value={i.status} /> },
  { id: 'owner', label: 'Owner', sort: 'owner', className: styles.owner, cell: (i) => ownerName(i.owner) || <span className="muted">Unassigned</span> },
  { id: 'alerts', label: 'Alerts', sort: 'alerts', className: styles.number, cell: (i) => i.additionalData.alertsCount },
  { id: 'products', label: 'Products', cell: (i) => (i.additionalData.alertProductNames ?? []).map(productName).join(', ') },
  { id: 'tactics', label: 'Tactics', cell: (i) => (i.additionalData.tactics ?? []).map(spaced).join(', ') },
  { id: 'classification', label: 'Classification', cell: (i) => closingOf(i)?.label ?? '–' },
  { id: 'provider', label: 'Defender id', className: styles.number, cell: (i) => i.providerIncidentId || '–' },
  { id: 'created', label: 'Created', sort: 'created', className: styles.time, cell: (i) => <Moment value={i.createdTimeUtc} /> },
  { id: 'activity', label: 'Last activity', className: styles.time, cell: (i) => <Moment value={i.lastActivityTimeUtc} /> },
  { id: 'modified', label: 'Updated', sort: 'modified', className: styles.time, cell: (i) => <Ago value={i.lastModifiedTimeUtc} /> },
  { id: 'sync', label: 'Sync', cell: (i) => <SyncChip sync={i.sync} /> },
];

export const defaultColumns = ['severity', 'number', 'title', 'status', 'owner', 'alerts', 'created', 'modified', 'sync'];

/** The chosen columns in their own order; the title is never missing. */
export const chosenColumns = (ids: string[]) => columns.filter((c) => c.id === 'title' || ids.includes(c.id));
