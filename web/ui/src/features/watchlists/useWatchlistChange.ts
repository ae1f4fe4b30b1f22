import { useMutation, useQueryClient } from '@tanstack/react-query';
import { put, request } from '../../api/http';
import { type WatchlistOutcome, watchlistPath } from '../../api/watchlists';
import { useToasts } from '../../ui/toast';
import { outcomeText } from './words';

/** What makes a list, or changes one. */
export interface WatchlistChange {
  alias: string;
  name?: string;
  description?: string;
  searchKey?: string;
  source?: string;
  content?: string;
  replace?: boolean;
}

/** Makes, fills and deletes lists, and tells what became of it. */
export function useWatchlistChange(ws: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  const onSettled = () => client.invalidateQueries({ queryKey: ['w', ws, 'watchlists'] });
  const store = useMutation({
    mutationFn: ({ alias, ...body }: WatchlistChange) => put<WatchlistOutcome>(watchlistPath(ws, alias), body),
    onSuccess: (o) => (o.problems?.length ? toasts.warning('Stored, but for some lines', outcomeText(o)) : toasts.success('Stored', outcomeText(o))),
    onError: (error) => toasts.failure('The watchlist was not stored', error),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (alias: string) => request<void>('DELETE', watchlistPath(ws, alias)),
    onSuccess: (_, alias) => toasts.success('Deleted', `The watchlist ${alias} is gone.`),
    onError: (error) => toasts.failure('The watchlist was not deleted', error),
    onSettled,
  });
  return { store, remove };
}
