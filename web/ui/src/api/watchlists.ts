import { queryOptions } from '@tanstack/react-query';
import { get, withQuery } from './http';
import { paths } from './resources';

/** A list that queries look things up in. */
export interface Watchlist {
  alias: string;
  id: string;
  name: string;
  description?: string;
  provider?: string;
  source?: string;
  searchKey: string;
  columns: string[] | null;
  created: string;
  createdBy: string;
  updated: string;
  updatedBy: string;
  items: number;
}

/** A line of a list: texts by column. */
export interface WatchlistItem {
  id: string;
  values: Record<string, string>;
  updated: string;
  updatedBy: string;
}

/** A page of items, in the order in which they were added. */
export interface WatchlistItems {
  items: WatchlistItem[] | null;
  columns: string[] | null;
  total: number;
}

/** What a file did to a list; problems are its lines that are no items. */
export interface WatchlistOutcome {
  watchlist: Watchlist;
  problems: { line: number; message: string }[] | null;
}

const base = (ws: string) => `${paths.workspace(ws)}/watchlists`;

export const watchlistPath = (ws: string, alias: string) => `${base(ws)}/${encodeURIComponent(alias)}`;

/** All lists, by alias. */
export const watchlistsQuery = (ws: string) =>
  queryOptions({ queryKey: ['w', ws, 'watchlists'], queryFn: ({ signal }) => get<{ items: Watchlist[] | null }>(base(ws), signal) });

/** The first items of a list. */
export const watchlistItemsQuery = (ws: string, alias: string, limit: number) =>
  queryOptions({
    queryKey: ['w', ws, 'watchlists', alias, limit],
    queryFn: ({ signal }) => get<WatchlistItems>(withQuery(`${watchlistPath(ws, alias)}/items`, { limit }), signal),
  });
