import { Button, Field, MessageBar, MessageBarBody, Textarea } from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post, put, request } from '../../api/http';
import { type Transform, transformPath, type TransformPreview, transformsQuery } from '../../api/transforms';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { Card } from '../../ui/Page';
import { ErrorState, Loading } from '../../ui/states';
import { useToasts } from '../../ui/toast';
import { doneText, previewText } from './transformModel';

/** The table's rows on their way in: a KQL text that changes and drops them, tried on the newest ones. */
export function Transformation({ table }: { table: string }) {
  const workspace = useWorkspace();
  const list = useQuery(transformsQuery(workspace.name));
  if (list.isPending) return <Loading label="Loading the transformation" />;
  if (!list.data) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  const now = list.data.items?.find((t) => t.table === table);
  return <Editor key={now?.changedAt ?? 'none'} table={table} now={now} />;
}

function Editor({ table, now }: { table: string; now: Transform | undefined }) {
  const session = useSession();
  const act = useTransformation(table);
  const [text, setText] = useState(now?.query ?? '');
  const may = mayContribute(session.user.role);
  const failure = act.preview.error ?? act.save.error;
  return (
    <Card
      title="Transformation on the way in"
      actions={
        <>
          <Button size="small" disabled={!text.trim() || act.preview.isPending} onClick={() => act.preview.mutate(text)}>
            Try on the newest rows
          </Button>
          {now && (
            <Button size="small" disabled={!may || act.clear.isPending} onClick={() => act.clear.mutate()}>
              Take away
            </Button>
          )}
          <Button size="small" appearance="primary" disabled={!may || !text.trim() || text === now?.query || act.save.isPending} onClick={() => act.save.mutate(text)}>
            Save
          </Button>
        </>
      }
    >
      <Field label="KQL over single rows: where, extend, project, project-away, project-rename, parse" hint={now ? doneText(now) : 'Rows are stored as they come in.'}>
        <Textarea value={text} rows={4} resize="vertical" placeholder={'source | where ActionType != "ListeningConnectionCreated"'} onChange={(_, d) => setText(d.value)} />
      </Field>
      {now?.problem && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{now.problem}</MessageBarBody>
        </MessageBar>
      )}
      {failure && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{failure.message}</MessageBarBody>
        </MessageBar>
      )}
      {act.preview.data && !act.preview.error && (
        <p role="status">
          {previewText(act.preview.data)}
          {(act.preview.data.added ?? []).length > 0 && ` Columns added: ${act.preview.data.added?.join(', ')}.`}
          {(act.preview.data.removed ?? []).length > 0 && ` Columns removed: ${act.preview.data.removed?.join(', ')}.`}
        </p>
      )}
    </Card>
  );
}

/** Tries, saves and takes away a table's transformation. */
function useTransformation(table: string) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const toasts = useToasts();
  const path = transformPath(workspace.name, table);
  const refresh = () => client.invalidateQueries({ queryKey: transformsQuery(workspace.name).queryKey });
  const preview = useMutation({ mutationFn: (query: string) => post<TransformPreview>(`${path}/preview`, { query }) });
  const save = useMutation({
    mutationFn: (query: string) => put<Transform>(path, { query }),
    onSuccess: () => {
      toasts.success(`Rows of ${table} follow the transformation from now on`);
      return refresh();
    },
  });
  const clear = useMutation({
    mutationFn: () => request<undefined>('DELETE', path),
    onSuccess: () => {
      toasts.success(`Rows of ${table} are stored as they come in`);
      return refresh();
    },
    onError: (error) => toasts.failure('The transformation was not taken away', error),
  });
  return { preview, save, clear };
}
