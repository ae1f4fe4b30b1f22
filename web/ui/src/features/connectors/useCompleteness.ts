import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type Backfill, backfillPath, backfillsPath, backfillsQuery, checkPath, type CompletenessReport, completenessQuery } from '../../api/completeness';
import { post, request } from '../../api/http';
import { useToasts } from '../../ui/toast';

type List = { items: Backfill[] | null };

/** Compares now; starts and stops the fetching of what is missing. */
export function useCompleteness(ws: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  const keep = (list: List) => client.setQueryData(backfillsQuery(ws).queryKey, list);
  const check = useMutation({
    mutationFn: () => post<CompletenessReport>(checkPath(ws)),
    onSuccess: (report) => client.setQueryData(completenessQuery(ws).queryKey, report),
    onError: (error) => toasts.failure('The tables could not be compared', error),
  });
  const start = useMutation({
    mutationFn: (tables: string[]) => post<List>(backfillsPath(ws), { tables }),
    onSuccess: keep,
    onError: (error) => toasts.failure('The backfill was not started', error),
  });
  const stop = useMutation({
    mutationFn: (table: string) => request<List>('DELETE', backfillPath(ws, table)),
    onSuccess: keep,
    onError: (error, table) => toasts.failure(`The backfill of ${table} was not stopped`, error),
  });
  return { check, start, stop };
}
