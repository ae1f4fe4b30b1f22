import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { preferenceQuery, putPreference } from '../api/preferences';
import { readStored, writeStored } from '../ui/stored';
import { useToasts } from '../ui/toast';
import { useWorkspace } from './session';

/**
 * A choice of the signed-in person that the server keeps, so that it is there in every browser. This browser remembers it as
 * well: the page does not wait for the answer, and what was kept only here goes to the server with the next change.
 */
export function usePreference<T>(key: string, fallback: T): [T, (value: T) => void] {
  const ws = useWorkspace().name;
  const client = useQueryClient();
  const toasts = useToasts();
  const query = preferenceQuery<T>(ws, key);
  const { data } = useQuery(query);
  const save = useMutation({
    mutationFn: (value: T) => putPreference(ws, key, value),
    onError: (error) => toasts.failure('Your choice is kept in this browser only', error),
  });
  const set = (value: T) => {
    writeStored(key, value);
    client.setQueryData(query.queryKey, value as never);
    save.mutate(value);
  };
  return [data ?? readStored(key, fallback), set];
}
