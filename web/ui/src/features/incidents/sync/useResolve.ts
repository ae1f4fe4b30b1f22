import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from '../../../api/http';
import { paths } from '../../../api/resources';
import { useToasts } from '../../../ui/toast';

/** What a person can do about an edit that did not get through. */
export type Resolution = { act: 'apply' | 'keep'; id: number } | { act: 'retry' | 'revert'; fields: string[] };

const done = {
  apply: ['The other value is applied', 'It is on its way to the other portal.'],
  keep: ['The value in force stays', 'The conflict counts as seen to.'],
  retry: ['The value is sent again', 'Defender may refuse it again; then it shows up here.'],
  revert: ['The refused value is given up', 'The incident shows what Defender has.'],
} as const;

/** Settles conflicts and refused values of an incident. */
export function useResolve(ws: string, number: number) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: (r: Resolution) => {
      const base = paths.incident(ws, number);
      return 'id' in r ? post(`${base}/conflicts/${r.id}/${r.act}`) : post(`${base}/refused/${r.act}`, { fields: r.fields });
    },
    onSuccess: (_data, r) => toasts.success(done[r.act][0], done[r.act][1]),
    onError: (error) => toasts.failure('Nothing was changed', error),
    onSettled: () => client.invalidateQueries({ queryKey: ['w', ws] }),
  });
}
