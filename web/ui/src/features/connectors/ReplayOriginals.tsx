import { Button, Dropdown, Field, Input, Option, ProgressBar } from '@fluentui/react-components';
import { useState } from 'react';
import type { Kept, Replay } from '../../api/originals';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { formatNumber } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import styles from './Connectors.module.css';
import { byTable, type ReplayForm, replayText, requestOf, type Span, spans } from './originalsModel';
import { useOriginals } from './useOriginals';

const every = 'All connected tables';

/** Runs kept messages through today's parser: first what that would store, then the replay itself. */
export function ReplayOriginals({ kept, replay, tables }: { kept: Kept; replay: Replay | null; tables: string[] }) {
  const workspace = useWorkspace();
  const session = useSession();
  const act = useOriginals(workspace.name);
  const [form, setForm] = useState<ReplayForm>({ span: '1', from: '', to: '', table: '' });
  const [wrong, setWrong] = useState('');
  const may = mayContribute(session.user.role);
  const running = replay?.state === 'running';
  const set = (part: Partial<ReplayForm>) => {
    setWrong('');
    setForm({ ...form, ...part });
  };
  const begin = (preview: boolean) => {
    const r = requestOf(form, kept, preview);
    if (typeof r === 'string') setWrong(r);
    else act.replay.mutate(r);
  };
  const blocked = !may || kept.days === 0 || running || act.replay.isPending;
  return (
    <Card title="Replay">
      <p className="muted">Rows that are not stored become rows of the same tables, each once; those that are stored stay. Purge rows first to have them parsed anew. Times are those at which messages were taken in.</p>
      <form
        className={styles.fields}
        onSubmit={(e) => {
          e.preventDefault();
          if (!blocked) begin(true);
        }}
      >
        <Field label="Messages of">
          <Dropdown value={spans.find((s) => s.id === form.span)?.text} selectedOptions={[form.span]} onOptionSelect={(_, d) => set({ span: d.optionValue as Span })}>
            {spans.map((s) => (
              <Option key={s.id} value={s.id}>
                {s.text}
              </Option>
            ))}
          </Dropdown>
        </Field>
        {form.span === 'between' && (
          <>
            <Field label="From (UTC)">
              <Input type="datetime-local" value={form.from} onChange={(_, d) => set({ from: d.value })} />
            </Field>
            <Field label="To (UTC), now if empty">
              <Input type="datetime-local" value={form.to} onChange={(_, d) => set({ to: d.value })} />
            </Field>
          </>
        )}
        <Field label="Into">
          <Dropdown value={form.table || every} selectedOptions={[form.table]} onOptionSelect={(_, d) => set({ table: d.optionValue ?? '' })}>
            {['', ...tables].map((t) => (
              <Option key={t} value={t} text={t || every}>
                {t || every}
              </Option>
            ))}
          </Dropdown>
        </Field>
        <Button type="submit" disabled={blocked}>
          Preview
        </Button>
        <Button appearance="primary" disabled={blocked} onClick={() => begin(false)}>
          Replay
        </Button>
        {running && (
          <Button disabled={!may || act.stop.isPending} onClick={() => act.stop.mutate()}>
            Stop
          </Button>
        )}
      </form>
      {wrong && <p role="alert">{wrong}</p>}
      {kept.days === 0 && <p>Nothing is kept, so there is nothing to replay.</p>}
      {replay && <Outcome replay={replay} />}
    </Card>
  );
}

function Outcome({ replay }: { replay: Replay }) {
  const rows = byTable(replay);
  return (
    <>
      <p role="status">{replayText(replay)}</p>
      {replay.state === 'running' && <ProgressBar aria-label={replay.preview ? 'Preview' : 'Replay'} value={replay.share} />}
      {rows.length > 0 && (
        <Rows<{ table: string; rows: number }>
          label={replay.preview ? 'Rows that would be stored' : 'Rows stored by the replay'}
          items={rows}
          rowKey={(r) => r.table}
          columns={[
            { label: 'Table', cell: (r) => r.table },
            { label: replay.preview ? 'Rows that would be stored' : 'Rows stored', number: true, cell: (r) => formatNumber(r.rows) },
          ]}
        />
      )}
    </>
  );
}
