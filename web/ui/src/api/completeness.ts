import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { paths } from './resources';

/** A run of hours that differ from what the tenant counts. */
export interface MissingRange {
  from: string;
  to: string;
  missing: number;
  extra: number;
}

/** One table's stored rows against the tenant's own counts. */
export interface TableCompleteness {
  table: string;
  state: 'complete' | 'missing' | 'extra' | 'unchecked' | 'filtered';
  /** Why the last check could not compare it. */
  problem: string;
  hours: number;
  tenantRows: number;
  storedRows: number;
  missing: number;
  extra: number;
  /** The oldest check of its hours. */
  checked: string | null;
  ranges: MissingRange[] | null;
}

export interface CompletenessReport {
  from: string;
  to: string;
  tables: TableCompleteness[] | null;
}

/** The fetching of what a table lacks; a table has one, the last. */
export interface Backfill {
  table: string;
  from: string;
  to: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped' | 'offered';
  problem: string;
  /** Hours with missing rows; 0 until they are counted. */
  hours: number;
  hoursDone: number;
  rows: number;
  actor: string;
  updated: string;
  secondsLeft: number | null;
}

const base = paths.workspace;

export const checkPath = (ws: string) => `${base(ws)}/completeness/check`;
export const backfillsPath = (ws: string) => `${base(ws)}/backfills`;
export const backfillPath = (ws: string, table: string) => `${backfillsPath(ws)}/${encodeURIComponent(table)}`;

/** What the last checks found, over a week. */
export const completenessQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'completeness'],
    queryFn: ({ signal }) => get<CompletenessReport>(`${base(ws)}/completeness`, signal),
    refetchInterval: 60_000,
  });

/** The last backfill of each table; asked often while one runs. */
export const backfillsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'backfills'],
    queryFn: ({ signal }) => get<{ items: Backfill[] | null }>(backfillsPath(ws), signal),
    refetchInterval: (query) => ((query.state.data?.items ?? []).some((b) => b.state === 'waiting' || b.state === 'running') ? 2_000 : 60_000),
  });
