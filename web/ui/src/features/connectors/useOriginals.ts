import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post, put, request } from '../../api/http';
import { type Originals, originalsPath, originalsQuery, type ReplayRequest, replayPath } from '../../api/originals';
import { useToasts } from '../../ui/toast';

/** Changes for how long messages are kept; begins and ends replays. */
export function useOriginals(ws: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  const keep = (now: Originals) => client.setQueryData(originalsQuery(ws).queryKey, now);
  const set = useMutation({
    mutationFn: (change: { days: number; maxBytes?: number }) => put<Originals>(originalsPath(ws), change),
    onSuccess: (now) => {
      keep(now);
      toasts.success(now.kept.days > 0 ? `Messages are kept for ${now.kept.days} days` : 'Nothing is kept any more');
    },
    onError: (error) => toasts.failure('Nothing was changed', error),
  });
  const replay = useMutation({
    mutationFn: (r: ReplayRequest) => post<Originals>(replayPath(ws), r),
    onSuccess: keep,
    onError: (error) => toasts.failure('The replay did not begin', error),
  });
  const stop = useMutation({
    mutationFn: () => request<Originals>('DELETE', replayPath(ws)),
    onSuccess: keep,
    onError: (error) => toasts.failure('The replay was not stopped', error),
  });
  return { set, replay, stop };
}
