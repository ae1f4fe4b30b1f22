import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post, request } from '../../api/http';
import { connectorQuery, paths } from '../../api/resources';
import type { ConnectorDetail } from '../../api/types';
import { useToasts } from '../../ui/toast';

interface Action {
  method: 'POST' | 'PUT';
  path: 'connect' | 'disconnect' | 'tables';
  body: unknown;
  done: string;
  failed: string;
}

/** Changes a connection; the answer is its new state. */
export function useConnectorAction(ws: string, id: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: (action: Action) => request<ConnectorDetail>(action.method, `${paths.connector(ws, id)}/${action.path}`, action.body),
    onSuccess: (detail, action) => {
      client.setQueryData(connectorQuery(ws, id).queryKey, detail);
      toasts.success(action.done);
    },
    onError: (error, action) => toasts.failure(action.failed, error),
    // A connection changes rules, other connectors, incidents and the setup steps.
    onSettled: () => client.invalidateQueries({ queryKey: ['w', ws], predicate: (q) => q.queryKey[3] !== id }),
  });
}

/** Probes the prerequisites again. */
export function useCheck(ws: string, id: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: () => post<ConnectorDetail>(`${paths.connector(ws, id)}/check`),
    onSuccess: (detail) => client.setQueryData(connectorQuery(ws, id).queryKey, detail),
    onError: (error) => toasts.failure('The prerequisites could not be checked', error),
  });
}

/** Pauses a stream, or lets it go on where it stopped. */
export function useStream(ws: string, id: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: ({ act, stream }: { act: 'pause' | 'resume'; stream: string; title: string }) => post<ConnectorDetail>(`${paths.connector(ws, id)}/${act}`, { stream }),
    onSuccess: (detail, { act, title }) => {
      client.setQueryData(connectorQuery(ws, id).queryKey, detail);
      toasts.success(act === 'pause' ? `${title} is paused` : `${title} goes on`);
    },
    onError: (error, { title }) => toasts.failure(`${title} was not changed`, error),
  });
}
