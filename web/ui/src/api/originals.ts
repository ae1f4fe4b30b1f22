import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { paths } from './resources';

/** What is kept of the messages as they came. */
export interface Kept {
  /** 0: none are kept. */
  days: number;
  maxBytes: number;
  files: number;
  bytes: number;
  /** When the oldest message that is kept was taken in. */
  from?: string;
  /** Who chose this; absent while it is as configured. */
  changedBy?: string;
  changedAt?: string;
}

/** A run of kept messages through today's parser, or the count of what that would store. */
export interface Replay {
  state: 'running' | 'done' | 'failed' | 'stopped';
  preview: boolean;
  from: string;
  to: string;
  /** None means those that are connected. */
  tables: string[] | null;
  actor: string;
  ended?: string;
  /** Of the time that is read. */
  share: number;
  messages: number;
  known: number;
  rows: number;
  byTable: Record<string, number> | null;
  problem?: string;
}

export interface Originals {
  kept: Kept;
  replay: Replay | null;
}

/** What to replay; no table means those that are connected. */
export interface ReplayRequest {
  from: string;
  to?: string;
  tables: string[];
  preview: boolean;
}

export const originalsPath = (ws: string) => `${paths.workspace(ws)}/raw`;
export const replayPath = (ws: string) => `${originalsPath(ws)}/replay`;

/** What is kept and the last replay; asked often while one runs. */
export const originalsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'originals'],
    queryFn: ({ signal }) => get<Originals>(originalsPath(ws), signal),
    refetchInterval: (query) => (query.state.data?.replay?.state === 'running' ? 1_000 : 30_000),
  });
