import { Button, Checkbox, Spinner } from '@fluentui/react-components';
import { ArrowRepeatAllRegular, DismissRegular, MailCheckmarkRegular } from '@fluentui/react-icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { type DeadLetter, type DeadLetterFilter, type DeadLetterGroup, deadLettersQuery } from '../../api/deadletters';
import { mayContribute, useSession, useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { formatBytes, formatNumber, plural } from '../../ui/format';
import { Card, PageHeader } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { Ago } from '../../ui/Time';
import { LetterDialog } from './LetterDialog';
import { useReplay } from './useReplay';
import { type DeadLettersState, reasonText, waiting } from './words';

const step = 100;
const most = 1000;

/** The records that could not become rows: how many of which kind, each as it came, and the way to store them later. */
export function DeadLettersPage() {
  useTitle('Dead letters');
  const workspace = useWorkspace();
  const session = useSession();
  const { replayed, ...filter } = useSearch({ from: '/w/$ws/deadletters' });
  const navigate = useNavigate({ from: '/w/$ws/deadletters' });
  const [limit, setLimit] = useState(step);
  const [open, setOpen] = useState<string | undefined>();
  const query = useQuery({ ...deadLettersQuery(workspace.name, filter, replayed === 'yes', limit), placeholderData: keepPreviousData });
  const replay = useReplay(workspace.name);
  const may = mayContribute(session.user.role);
  const go = (to: DeadLettersState) => {
    setLimit(step);
    void navigate({ search: to });
  };
  const groups = query.data?.groups ?? [];
  const items = query.data?.items ?? [];
  const left = waiting(groups);
  const listed = replayed === 'yes' ? (query.data?.total ?? 0) : left;
  return (
    <>
      <PageHeader
        title="Dead letters"
        lead="Records that came in and could not become rows. The first 64 kB of each are kept. Replay stores, once, those that are whole and can be stored by now."
        actions={
          <Button
            appearance="primary"
            icon={replay.isPending ? <Spinner size="tiny" /> : <ArrowRepeatAllRegular />}
            disabled={!may || replay.isPending || left === 0}
            onClick={() => replay.mutate(filter)}
          >
            Replay {plural(left, 'record')}
          </Button>
        }
      />
      <div className={cards.bar}>
        <Checkbox label="Also those that were stored later" checked={replayed === 'yes'} onChange={(_, d) => go({ ...filter, replayed: d.checked === true ? 'yes' : undefined })} />
        {(['source', 'table', 'reason'] as const).map((key) => filter[key] && <FilterChip key={key} name={key} filter={filter} onClear={() => go({ ...filter, replayed, [key]: undefined })} />)}
      </div>
      {query.isPending && <Loading label="Loading dead letters" />}
      {query.isError && !query.data && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && groups.length === 0 && (
        <EmptyState icon={<MailCheckmarkRegular />} title="No dead letters">
          Every record that came in is a row.
        </EmptyState>
      )}
      {groups.length > 0 && (
        <div className={cards.body}>
          <Card title="By source, table and reason">
            <Rows<DeadLetterGroup>
              label="Dead letters by source, table and reason"
              items={groups}
              rowKey={(g) => `${g.source} ${g.table} ${g.reason}`}
              columns={[
                { label: 'Source', cell: (g) => g.source },
                { label: 'Table', cell: (g) => g.table || <span className="muted">cannot be told</span> },
                { label: 'Reason', cell: (g) => reasonText(g.reason) },
                { label: 'Records', number: true, nowrap: true, cell: (g) => formatNumber(g.letters) },
                { label: 'Stored later', number: true, nowrap: true, cell: (g) => formatNumber(g.replayed) },
                { label: 'Size', number: true, nowrap: true, cell: (g) => formatBytes(g.bytes) },
                {
                  label: 'Actions',
                  actions: true,
                  cell: (g) => (
                    <Button size="small" aria-label={`Only these: ${reasonText(g.reason)}, ${g.table || 'no table'}, ${g.source}`} onClick={() => go({ replayed, source: g.source, table: g.table || undefined, reason: g.reason })}>
                      Only these
                    </Button>
                  ),
                },
              ]}
            />
          </Card>
          <Card title={items.length < listed ? `The newest ${formatNumber(items.length)} of ${formatNumber(listed)}` : plural(items.length, 'record')}>
            <Rows<DeadLetter>
              label="Dead letters"
              items={items}
              rowKey={(l) => l.id}
              columns={[
                { label: 'Refused', nowrap: true, cell: (l) => <Ago value={l.time} /> },
                { label: 'Table', cell: (l) => l.table || '–' },
                { label: 'Reason', cell: (l) => reasonText(l.reason) },
                { label: 'Detail', cell: (l) => l.detail },
                { label: 'Size', number: true, nowrap: true, cell: (l) => formatBytes(l.size) },
                { label: 'State', nowrap: true, cell: (l) => (l.replayed ? 'Stored later' : 'Waits') },
                {
                  label: 'Actions',
                  actions: true,
                  cell: (l) => (
                    <Button size="small" aria-label={`View record ${l.position} of ${l.source}`} onClick={() => setOpen(l.id)}>
                      View
                    </Button>
                  ),
                },
              ]}
            />
            {items.length < listed && limit < most && (
              <Button disabled={query.isFetching} onClick={() => setLimit(Math.min(most, limit * 3))}>
                Show more
              </Button>
            )}
          </Card>
        </div>
      )}
      {open !== undefined && <LetterDialog id={open} may={may} replay={replay} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function FilterChip({ name, filter, onClear }: { name: 'source' | 'table' | 'reason'; filter: DeadLetterFilter; onClear: () => void }) {
  const value = filter[name] ?? '';
  const words = { source: 'Source', table: 'Table', reason: 'Reason' }[name];
  return (
    <Button size="small" icon={<DismissRegular />} iconPosition="after" aria-label={`Remove the filter ${words}`} onClick={onClear}>
      {words}: {name === 'reason' ? reasonText(value) : value}
    </Button>
  );
}
