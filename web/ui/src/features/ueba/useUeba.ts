import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post, put } from '../../api/http';
import { type EntityBehavior, uebaPath, uebaQuery } from '../../api/ueba';
import { useToasts } from '../../ui/toast';

/** Applies a choice of directories, and asks the tenant about its sensors again. */
export function useUeba(ws: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  const keep = (config: EntityBehavior) => client.setQueryData(uebaQuery(ws).queryKey, config);
  const apply = useMutation({
    mutationFn: (body: { enabled: boolean; directories: string[]; etag: string }) => put<EntityBehavior>(uebaPath(ws), body),
    onSuccess: (config) => {
      keep(config);
      toasts.success('The configuration is applied', config.enabled ? 'People arrive in IdentityInfo by themselves.' : undefined);
    },
    onError: (error) => toasts.failure('The configuration was not applied', error),
    onSettled: () => client.invalidateQueries({ queryKey: ['w', ws] }),
  });
  const check = useMutation({
    mutationFn: () => post<EntityBehavior>(`${uebaPath(ws)}/check`),
    onSuccess: keep,
    onError: (error) => toasts.failure('The sensors could not be checked', error),
  });
  return { apply, check };
}
