import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from '../../../api/http';
import { paths } from '../../../api/resources';
import type { BulkResult, IncidentChange } from '../../../api/types';

interface Call {
  numbers: number[];
  change: IncidentChange & { comment?: string };
  preview: boolean;
}

/** Makes one change to several incidents, or asks what it would do. */
export function useBulk(ws: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ numbers, change, preview }: Call) =>
      (await post<{ items: BulkResult[] | null }>(`${paths.workspace(ws)}/incidents/bulk`, { numbers, preview, ...change })).items ?? [],
    onSettled: (_data, _error, { preview }) => (preview ? undefined : client.invalidateQueries({ queryKey: ['w', ws] })),
  });
}
