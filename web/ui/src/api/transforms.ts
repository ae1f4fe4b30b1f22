import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { tablePath } from './tables';

/** What an owner wrote to change a table's rows on their way in. */
export interface Transform {
  table: string;
  query: string;
  changedBy: string;
  changedAt?: string;
  stored24h: number;
  dropped24h: number;
  problem?: string;
}

/** What a transformation would do to the newest rows. */
export interface TransformPreview {
  in: number;
  out: number;
  dropped: number;
  added: string[] | null;
  removed: string[] | null;
  from: 'live' | 'stored';
}

export const transformPath = (ws: string, table: string) => `${tablePath(ws, table)}/transform`;
const listPath = (ws: string) => `/api/w/${encodeURIComponent(ws)}/transforms`;

export const transformsQuery = (ws: string) =>
  queryOptions({ queryKey: ['w', ws, 'transforms'], queryFn: ({ signal }) => get<{ items: Transform[] | null }>(listPath(ws), signal) });
