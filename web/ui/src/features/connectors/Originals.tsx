import { Button, Field, Input, Spinner } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Kept, originalsQuery } from '../../api/originals';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { formatBytes, plural } from '../../ui/format';
import { Card } from '../../ui/Page';
import { ErrorState, Loading } from '../../ui/states';
import { Ago, Moment } from '../../ui/Time';
import styles from './Connectors.module.css';
import { changeOf, changes, daysProblem, formOf, roomProblem } from './originalsModel';
import { RemoveOriginalsDialog } from './RemoveOriginalsDialog';
import { ReplayOriginals } from './ReplayOriginals';
import { useOriginals } from './useOriginals';

/** Messages as they came: for how long they are kept, what is there, and their way through today's parser. */
export function Originals({ tables }: { tables: string[] }) {
  const workspace = useWorkspace();
  const query = useQuery(originalsQuery(workspace.name));
  if (query.isPending) return <Loading label="Loading what is kept" />;
  if (!query.data) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  const { kept, replay } = query.data;
  return (
    <>
      <Keeping key={`${kept.days} ${kept.maxBytes}`} kept={kept} running={replay?.state === 'running'} />
      <ReplayOriginals kept={kept} replay={replay} tables={tables} />
    </>
  );
}

function Keeping({ kept, running }: { kept: Kept; running: boolean }) {
  const workspace = useWorkspace();
  const session = useSession();
  const { set } = useOriginals(workspace.name);
  const [form, setForm] = useState(formOf(kept));
  const [leaving, setLeaving] = useState(false);
  const may = mayContribute(session.user.role);
  const bad = { days: daysProblem(form.days), room: roomProblem(form.gigabytes) };
  const on = kept.days > 0;
  return (
    <Card
      title="Messages as they came"
      actions={
        on && (
          <Button size="small" disabled={!may || running || set.isPending} onClick={() => setLeaving(true)}>
            Switch off
          </Button>
        )
      }
    >
      <p className="muted">
        Messages of event hubs and storage accounts, compressed, before they are parsed. They can be run again through a later parser, or into a table that was not ticked when they came. They are in no
        backup, and a purge of rows takes them along.
      </p>
      <dl className={styles.facts} aria-label="What is kept">
        <dt>State</dt>
        <dd>
          {on ? <strong>Kept for {plural(kept.days, 'day')}</strong> : 'Off: nothing is kept'}
          {kept.changedBy ? (
            <span className="muted">
              {' '}
              · chosen by {kept.changedBy}, <Ago value={kept.changedAt} />
            </span>
          ) : (
            on && <span className="muted"> · as configured</span>
          )}
        </dd>
        {on && (
          <>
            <dt>Kept now</dt>
            <dd>
              {formatBytes(kept.bytes)} of at most {formatBytes(kept.maxBytes)}, in {plural(kept.files, 'file')}
            </dd>
            <dt>Oldest</dt>
            <dd>{kept.from ? <Moment value={kept.from} /> : '–'}</dd>
          </>
        )}
      </dl>
      <form
        className={styles.fields}
        onSubmit={(e) => {
          e.preventDefault();
          if (!bad.days && !bad.room) set.mutate(changeOf(form));
        }}
      >
        <Field label="Days" validationMessage={bad.days || undefined}>
          <Input type="number" min={1} max={4383} value={form.days} disabled={!may} onChange={(_, d) => setForm({ ...form, days: d.value })} />
        </Field>
        <Field label="At most, in GB" validationMessage={bad.room || undefined}>
          <Input type="number" min={0.3} step={0.1} value={form.gigabytes} disabled={!may} onChange={(_, d) => setForm({ ...form, gigabytes: d.value })} />
        </Field>
        <Button type="submit" appearance="primary" disabled={!may || set.isPending || Boolean(bad.days || bad.room) || !changes(form, kept)} icon={set.isPending ? <Spinner size="tiny" /> : undefined}>
          {on ? 'Apply' : 'Keep messages from now on'}
        </Button>
      </form>
      {leaving && <RemoveOriginalsDialog kept={kept} onClose={() => setLeaving(false)} onRemove={() => set.mutate({ days: 0 }, { onSettled: () => setLeaving(false) })} busy={set.isPending} />}
    </Card>
  );
}
