import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { paths } from './resources';

/** The scheduled fetching of a table that the tenant does not export. */
export interface Snapshot {
  table: string;
  kind: 'state' | 'events';
  on: boolean;
  everySeconds: number;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'unavailable';
  problem: string;
  /** The beginning of the last run. */
  time?: string;
  parts: number;
  partsDone: number;
  rows: number;
  next?: string;
}

export type SnapshotList = { items: Snapshot[] | null };

export const snapshotsPath = (ws: string) => `${paths.workspace(ws)}/snapshots`;
export const snapshotPath = (ws: string, table: string) => `${snapshotsPath(ws)}/${encodeURIComponent(table)}`;

/** The tables with their schedule and last run; asked often while one runs. */
export const snapshotsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'snapshots'],
    queryFn: ({ signal }) => get<SnapshotList>(snapshotsPath(ws), signal),
    refetchInterval: (query) => ((query.state.data?.items ?? []).some((s) => s.state === 'running') ? 2_000 : 60_000),
  });
