import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type DeadLetterFilter, type ReplayOutcome, replayPath } from '../../api/deadletters';
import { post } from '../../api/http';
import { useToasts } from '../../ui/toast';
import { addOutcome, outcomeText } from './words';

/** Stores the letters that today's parser can store, in as many calls as it takes. */
export function useReplay(ws: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: async (which: DeadLetterFilter & { ids?: string[] }) => {
      let sum: ReplayOutcome | undefined;
      for (;;) {
        const o = await post<ReplayOutcome>(replayPath(ws), which);
        sum = addOutcome(sum, o);
        if (!o.more || o.stored === 0) return sum;
      }
    },
    onSuccess: (o) => (o.stored > 0 ? toasts.success('Replayed', outcomeText(o)) : toasts.warning('Nothing could be stored', o.trouble?.[0] ? o.trouble[0].detail : outcomeText(o))),
    onError: (error) => toasts.failure('The records were not replayed', error),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ['w', ws, 'deadletters'] }), client.invalidateQueries({ queryKey: ['w', ws, 'connector'] })]),
  });
}
