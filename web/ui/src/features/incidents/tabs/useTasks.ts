import { useMutation, useQueryClient } from '@tanstack/react-query';
import { patch, post, request } from '../../../api/http';
import { paths } from '../../../api/resources';
import { useToasts } from '../../../ui/toast';

type TaskChange = { act: 'add'; title: string; description: string } | { act: 'tick'; task: string; done: boolean } | { act: 'remove'; task: string };

/** Adds, ticks off and removes tasks of an incident. */
export function useTasks(ws: string, number: number) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: (c: TaskChange): Promise<unknown> => {
      const base = `${paths.incident(ws, number)}/tasks`;
      if (c.act === 'add') return post(base, { title: c.title, description: c.description });
      const one = `${base}/${encodeURIComponent(c.task)}`;
      return c.act === 'remove' ? request('DELETE', one) : patch(one, { status: c.done ? 'Completed' : 'New' });
    },
    onError: (error) => toasts.failure('The tasks were not changed', error),
    onSettled: () => client.invalidateQueries({ queryKey: ['w', ws, 'incident', number] }),
  });
}
