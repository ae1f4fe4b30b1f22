import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError, patch, post } from '../../api/http';
import { incidentQuery, paths } from '../../api/resources';
import type { Incident, IncidentChange, IncidentDetail, IncidentPage } from '../../api/types';
import { useToasts } from '../../ui/toast';
import { incidentName, fieldName } from './words';

/** What an incident looks like while the server has not answered yet. */
export function applyChange<T extends Incident>(incident: T, change: IncidentChange): T {
  const next = { ...incident };
  if (change.status) next.status = change.status;
  if (change.severity) next.severity = change.severity;
  if (change.classification !== undefined) next.classification = change.classification;
  if (change.classificationReason !== undefined) next.classificationReason = change.classificationReason;
  if (change.classificationComment !== undefined) next.classificationComment = change.classificationComment;
  if (change.owner === null) next.owner = null;
  else if (change.owner !== undefined) {
    next.owner = { objectId: '', email: change.owner, assignedTo: change.owner, userPrincipalName: change.owner };
  }
  if (change.labels) {
    const removed = new Set(change.labels.remove ?? []);
    const kept = (incident.labels ?? []).filter((l) => !removed.has(l.labelName));
    const added = (change.labels.add ?? []).filter((name) => !kept.some((l) => l.labelName === name));
    next.labels = [...kept, ...added.map((labelName) => ({ labelName, labelType: 'User' }))];
  }
  return next;
}

/** Changes an incident: shown at once, guarded by its etag, taken back when the server says no. */
export function useIncidentChange(ws: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  const mutation = useMutation({
    mutationFn: ({ incident, change }: { incident: Incident; change: IncidentChange }) =>
      patch<Incident>(paths.incident(ws, incident.incidentNumber), { etag: incident.etag, ...change }),
    onMutate: async ({ incident, change }) => {
      const key = incidentQuery(ws, incident.incidentNumber).queryKey;
      await client.cancelQueries({ queryKey: key, exact: true });
      await client.cancelQueries({ queryKey: ['w', ws, 'incidents'] });
      const before = client.getQueryData<IncidentDetail>(key);
      if (before) client.setQueryData(key, applyChange(before, change));
      const lists = client.getQueriesData<IncidentPage>({ queryKey: ['w', ws, 'incidents'] });
      for (const [listKey, page] of lists) {
        if (page) client.setQueryData(listKey, patchPage(page, incident.incidentNumber, (i) => applyChange(i, change)));
      }
      return { before, lists };
    },
    onSuccess: (answer, { incident }) => {
      client.setQueryData<IncidentDetail>(incidentQuery(ws, incident.incidentNumber).queryKey, (old) => old && { ...old, ...answer });
      for (const [key, page] of client.getQueriesData<IncidentPage>({ queryKey: ['w', ws, 'incidents'] })) {
        if (page) client.setQueryData(key, patchPage(page, incident.incidentNumber, (i) => ({ ...i, ...answer })));
      }
    },
    onError: (error, variables, context) => {
      if (context?.before) client.setQueryData(incidentQuery(ws, variables.incident.incidentNumber).queryKey, context.before);
      for (const [key, page] of context?.lists ?? []) client.setQueryData(key, page);
      if (error instanceof ApiError && (error.status === 409 || error.status === 412)) void explainStale(variables);
      else toasts.failure(`${incidentName(variables.incident)} was not changed`, error);
    },
    onSettled: (_data, _error, { incident }) =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['w', ws, 'incident', incident.incidentNumber] }),
        client.invalidateQueries({ queryKey: ['w', ws, 'incidents'] }),
        client.invalidateQueries({ queryKey: ['w', ws, 'overview'] }),
      ]),
  });

  // Somebody was faster: show what is true now and let the person repeat their change on top of it.
  async function explainStale({ incident, change }: { incident: Incident; change: IncidentChange }) {
    try {
      const fresh = await client.fetchQuery({ ...incidentQuery(ws, incident.incidentNumber), staleTime: 0 });
      const fields = Object.keys(change).map((f) => fieldName(f).toLowerCase());
      toasts.warning(
        `${incidentName(incident)} changed while you were editing`,
        `Your change of ${fields.join(', ')} was not applied. The page now shows the newest values, last changed by ${fresh.modifiedBy || 'somebody else'}.`,
        { label: 'Apply my change', run: () => mutation.mutate({ incident: fresh, change }) },
      );
    } catch (error) {
      toasts.failure(`${incidentName(incident)} was not changed`, error);
    }
  }
  return mutation;
}

function patchPage(page: IncidentPage, number: number, edit: (i: Incident) => Incident): IncidentPage {
  return { ...page, items: (page.items ?? []).map((i) => (i.incidentNumber === number ? edit(i) : i)) };
}

/** Adds a comment. */
export function useComment(ws: string, number: number) {
  const client = useQueryClient();
  const toasts = useToasts();
  return useMutation({
    mutationFn: (message: string) => post(`${paths.incident(ws, number)}/comments`, { message }),
    onError: (error) => toasts.failure('The comment was not added', error),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['w', ws, 'incident', number] }),
        client.invalidateQueries({ queryKey: ['w', ws, 'incidents'] }),
      ]),
  });
}
