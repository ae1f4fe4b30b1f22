import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ContentDetail, contentPath, contentQuery } from '../../api/content';
import { request } from '../../api/http';
import { useToasts } from '../../ui/toast';

/** Installs or removes a solution; the answer says what that did. */
export function useContentAction(ws: string, id: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: (act: 'install' | 'remove') => request<ContentDetail>(act === 'install' ? 'POST' : 'DELETE', contentPath(ws, id) + (act === 'install' ? '/install' : ''), act === 'install' ? {} : undefined),
    onSuccess: (detail, act) => {
      client.setQueryData(contentQuery(ws, id).queryKey, detail);
      toasts.success(act === 'install' ? `${detail.title} is installed` : `${detail.title} is removed`, detail.message);
    },
    onError: (error, act) => toasts.failure(act === 'install' ? 'The solution was not installed' : 'The solution was not removed', error),
    // What a solution brings shows on many pages.
    onSettled: () => client.invalidateQueries({ queryKey: ['w', ws] }),
  });
}
