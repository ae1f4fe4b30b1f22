import { queryOptions } from '@tanstack/react-query';
import { get, request } from './http';
import { paths } from './resources';

const path = (ws: string, key: string) => `${paths.workspace(ws)}/preferences/${key}`;

/** What the signed-in person keeps on the server under a key; null when it is nothing. */
export const preferenceQuery = <T>(ws: string, key: string) =>
  queryOptions({ queryKey: ['w', ws, 'preferences', key], staleTime: 60_000, queryFn: async ({ signal }) => (await get<{ value: T | null }>(path(ws, key), signal)).value });

/** Keeps a value for the signed-in person. */
export const putPreference = (ws: string, key: string, value: unknown) => request<void>('PUT', path(ws, key), { value });
