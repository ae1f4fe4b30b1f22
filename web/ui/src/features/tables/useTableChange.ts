import { useMutation, useQueryClient } from '@tanstack/react-query';
import { patch } from '../../api/http';
import { type TableChange, type TableChanged, tablePath } from '../../api/tables';
import { useToasts } from '../../ui/toast';

/** Tells what a change of a table would do, and makes it; without a name it is the workspace's default. */
export function useTableChange(ws: string, name: string | undefined) {
  const client = useQueryClient();
  const toasts = useToasts();
  const preview = useMutation({ mutationFn: (change: TableChange) => patch<TableChanged>(tablePath(ws, name), { ...change, preview: true }) });
  const apply = useMutation({
    mutationFn: (change: TableChange) => patch<TableChanged>(tablePath(ws, name), change),
    onSuccess: () => toasts.success(name ? `${name} is changed` : 'The default is changed'),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ['w', ws, 'tables'] }), client.invalidateQueries({ queryKey: ['w', ws, 'connector'] })]),
  });
  return { preview, apply };
}
