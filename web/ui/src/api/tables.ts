import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { paths } from './resources';

export type Plan = 'Analytics' | 'Basic' | 'Auxiliary';

/** A table with what holds for it; rows and bytes are those of the interactive tier, bytes are on disk. */
export interface TableItem {
  name: string;
  description: string;
  family?: string;
  type: string;
  plan: Plan;
  retentionDays: number;
  retentionDefault: boolean;
  totalRetentionDays: number;
  totalRetentionDefault: boolean;
  /** A longer total retention still holds after it was shortened. */
  heldDays?: number;
  heldUntil?: string;
  changedBy?: string;
  changedAt?: string;
  rows: number;
  bytes: number;
  coldRows: number;
  coldBytes: number;
  rows24h: number;
  firstSeen: string;
  lastSeen: string;
  /** What it grows by, and to once its retention is full; on disk. */
  bytesPerDay: number;
  bytesFull: number;
}

export interface TableList {
  items: TableItem[] | null;
  default: { retentionDays: number; totalRetentionDays: number };
}

export interface TableDetail extends TableItem {
  columns: { name: string; type: string; description?: string; hidden?: boolean }[] | null;
  days: { day: string; rows: number; bytes: number; coldRows: number }[] | null;
  forecast: { rowsPerDay: number; bytesPerDay: number; bytesFull: number };
}

/** Null goes back to the default; what is absent stays. */
export interface TableChange {
  plan?: Plan;
  retentionDays?: number | null;
  totalRetentionDays?: number | null;
}

export interface Amount {
  rows: number;
  bytes: number;
  from?: string;
  to?: string;
  at?: string;
}

/** What a change does, or would do. */
export interface TableChanged {
  retentionDays: number;
  totalRetentionDays: number;
  heldDays?: number;
  heldUntil?: string;
  /** Rows there now that will be deleted. */
  frees: Amount;
  /** Rows that leave ordinary queries. */
  cools: Amount;
  /** Rows that come back into them. */
  warms: Amount;
}

/** Address of a table, or of the workspace's default without a name. */
export const tablePath = (ws: string, name?: string) => `${paths.workspace(ws)}/tables${name ? `/${encodeURIComponent(name)}` : ''}`;

export const tablesQuery = (ws: string) => queryOptions({ queryKey: ['w', ws, 'tables'], queryFn: ({ signal }) => get<TableList>(tablePath(ws), signal) });

export const tableQuery = (ws: string, name: string) =>
  queryOptions({ queryKey: ['w', ws, 'tables', name], queryFn: ({ signal }) => get<TableDetail>(tablePath(ws, name), signal) });
