import { Button, Switch } from '@fluentui/react-components';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { post, request } from '../../api/http';
import { type Snapshot, type SnapshotList, snapshotPath, snapshotsPath, snapshotsQuery } from '../../api/snapshots';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { Card } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { ErrorState, Loading } from '../../ui/states';
import { Ago, Moment } from '../../ui/Time';
import { useToasts } from '../../ui/toast';
import { bySnapshotNeed, everyText, snapshotText } from './snapshotModel';

/** Tables that the tenant does not export, with the schedule by which they are fetched. */
export function Snapshots() {
  const workspace = useWorkspace();
  const session = useSession();
  const list = useQuery(snapshotsQuery(workspace.name));
  const act = useSnapshots(workspace.name);
  const may = mayContribute(session.user.role);
  if (list.isPending) return <Loading label="Loading the snapshots" />;
  if (!list.data) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  return (
    <Card
      title="Tables that are not exported"
      actions={
        <Button size="small" disabled={!may || act.run.isPending} onClick={() => act.run.mutate(undefined)}>
          Fetch all now
        </Button>
      }
    >
      <p className="muted">Fetched from the tenant&apos;s advanced hunting by a schedule, within its quota. Each run stores the whole table under one time.</p>
      <Rows<Snapshot>
        label="Snapshots"
        items={bySnapshotNeed(list.data.items ?? [])}
        rowKey={(s) => s.table}
        columns={[
          { label: 'Table', cell: (s) => s.table },
          { label: 'Schedule', nowrap: true, cell: (s) => everyText(s) },
          { label: 'State', cell: (s) => (s.state === 'failed' ? <strong>{snapshotText(s)}</strong> : snapshotText(s)) },
          { label: 'Last run', nowrap: true, cell: (s) => <Ago value={s.time ?? null} /> },
          { label: 'Next run', nowrap: true, cell: (s) => (s.on && s.next ? <Moment value={s.next} /> : '–') },
          {
            label: 'Actions',
            actions: true,
            cell: (s) => (
              <>
                <Switch aria-label={`Fetch ${s.table} by schedule`} checked={s.on} disabled={!may || act.set.isPending} onChange={(_, d) => act.set.mutate({ table: s.table, on: d.checked })} />
                <Button size="small" disabled={!may || act.run.isPending || s.state === 'running'} aria-label={`Fetch ${s.table} now`} onClick={() => act.run.mutate(s.table)}>
                  Fetch now
                </Button>
              </>
            ),
          },
        ]}
      />
    </Card>
  );
}

/** Has tables fetched now, and turns their schedule on and off. */
function useSnapshots(ws: string) {
  const client = useQueryClient();
  const toasts = useToasts();
  const keep = (list: SnapshotList) => client.setQueryData(snapshotsQuery(ws).queryKey, list);
  const run = useMutation({
    mutationFn: (table: string | undefined) => post<SnapshotList>(snapshotsPath(ws), { tables: table ? [table] : [] }),
    onSuccess: keep,
    onError: (error) => toasts.failure('The tables are not fetched', error),
  });
  const set = useMutation({
    mutationFn: ({ table, on }: { table: string; on: boolean }) => request<SnapshotList>('PUT', snapshotPath(ws, table), { on }),
    onSuccess: keep,
    onError: (error, { table }) => toasts.failure(`The schedule of ${table} was not changed`, error),
  });
  return { run, set };
}
