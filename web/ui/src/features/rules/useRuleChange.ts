import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type Rule, rulePath } from '../../api/content';
import { patch } from '../../api/http';
import { useToasts } from '../../ui/toast';

/** Turns a rule on or off. */
export function useRuleChange(ws: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: ({ rule, enabled }: { rule: Rule; enabled: boolean }) => patch<Rule>(rulePath(ws, rule.id), { enabled, etag: rule.etag }),
    onSuccess: (rule, { enabled }) => toasts.success(enabled ? `${rule.name} is on` : `${rule.name} is off`),
    onError: (error, { rule }) => toasts.failure(`${rule.name} was not changed`, error),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ['w', ws, 'rules'] }), client.invalidateQueries({ queryKey: ['w', ws, 'connector'] })]),
  });
}
