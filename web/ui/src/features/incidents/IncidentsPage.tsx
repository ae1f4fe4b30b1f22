import { Button, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { ArrowClockwiseRegular, SearchRegular, ShieldCheckmarkRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { incidentsQuery } from '../../api/resources';
import type { Incident } from '../../api/types';
import { usePreference } from '../../app/preference';
import { mayRespond, useSession, useTitle, useWorkspace } from '../../app/session';
import { useShortcuts } from '../../app/shortcuts';
import { formatNumber } from '../../ui/format';
import { PageHeader } from '../../ui/Page';
import { Pager } from '../../ui/Pager';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { BulkBar } from './bulk/BulkBar';
import { defaultColumns } from './columns';
import { Filters } from './Filters';
import { IncidentTable } from './IncidentTable';
import styles from './IncidentsPage.module.css';
import { useMe } from './OwnerPicker';
import { Preview } from './Preview';
import { SearchBox } from './SearchBox';
import { isFiltered, type ListState, nextSort, pageSize, toFilter } from './urlState';
import { useIncidentChange } from './useIncidentChange';
import { ColumnMenu, ViewMenu } from './ViewMenu';

const none: Incident[] = [];

/** The incident queue: filter, sort, page, pick one and work on it without leaving the list. */
export function IncidentsPage() {
  useTitle('Incidents');
  const workspace = useWorkspace();
  const session = useSession();
  const me = useMe();
  const state = useSearch({ from: '/w/$ws/incidents' });
  const navigate = useNavigate({ from: '/w/$ws/incidents' });
  const query = useQuery(incidentsQuery(workspace.name, toFilter(state, me)));
  const update = useIncidentChange(workspace.name);
  const [columns, setColumns] = usePreference('incidents.columns', defaultColumns);
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());
  const tick = (numbers: number[], on: boolean) =>
    setTicked((old) => {
      const next = new Set(old);
      for (const n of numbers) on ? next.add(n) : next.delete(n);
      return next;
    });
  const searchBox = useRef<HTMLInputElement>(null);
  const set = (change: Partial<ListState>) => void navigate({ search: (old) => ({ ...old, page: undefined, ...change }) });

  const items = query.data?.items ?? none;
  const total = query.data?.total ?? 0;
  const page = state.page ?? 1;
  const select = (n: number | undefined) => set({ page: state.page, selected: n });
  const openPage = (n: number) => void navigate({ to: '/w/$ws/incidents/$number', params: { ws: workspace.name, number: String(n) } });
  const move = (step: number) => {
    const at = items.findIndex((i) => i.incidentNumber === state.selected);
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + step))];
    if (next) select(next.incidentNumber);
  };
  const selected = items.find((i) => i.incidentNumber === state.selected);
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    Enter: (event) => {
      // A focused link or button keeps its own meaning.
      const focused = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('a,button') : null;
      if (focused) focused.click();
      else if (state.selected) openPage(state.selected);
    },
    a: () => {
      if (selected && mayRespond(session.user.role)) update.mutate({ incident: selected, change: { owner: me } });
    },
    x: () => {
      if (state.selected) tick([state.selected], !ticked.has(state.selected));
    },
    Escape: () => select(undefined),
    '/': () => searchBox.current?.focus(),
  });

  const counts = query.data?.counts;
  return (
    <div className={styles.page}>
      <div className={styles.main}>
        <PageHeader
          title="Incidents"
          actions={
            <>
              <ViewMenu state={state} onOpen={(saved) => void navigate({ search: saved })} />
              <ColumnMenu chosen={columns} onChange={setColumns} />
              <Button icon={<ArrowClockwiseRegular />} onClick={() => void query.refetch()} disabled={query.isFetching}>
                Refresh
              </Button>
            </>
          }
        />
        <div className={styles.counts} aria-live="polite">
          <Count value={counts?.open} label="Open" />
          <Count value={counts?.new} label="New" />
          <Count value={counts?.active} label="Active" />
          <Count value={counts?.closed} label="Closed" />
        </div>
        <div className={styles.bar}>
          <SearchBox value={state.q ?? ''} boxRef={searchBox} onSearch={(q) => set({ q: q || undefined })} />
          <Filters state={state} set={set} />
        </div>
        <BulkBar numbers={[...ticked]} may={mayRespond(session.user.role)} onClear={() => setTicked(new Set())} />
        <div className={styles.list}>
          {query.isError && items.length > 0 && (
            <MessageBar intent="warning">
              <MessageBarBody>This list may be old: {query.error.message}</MessageBarBody>
            </MessageBar>
          )}
          {query.isPending && <Loading label="Loading incidents" />}
          {query.isError && items.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} title="Incidents could not be loaded" />}
          {query.isSuccess && items.length === 0 && <NoIncidents filtered={isFiltered(state)} reset={() => void navigate({ search: { status: 'all' } })} />}
          {items.length > 0 && (
            <IncidentTable
              items={items}
              ws={workspace.name}
              sort={state.sort}
              columns={columns}
              selected={state.selected}
              ticked={ticked}
              onTick={tick}
              stale={query.isPlaceholderData}
              onSort={(key) => set({ sort: nextSort(state.sort, key) })}
              onSelect={(n) => select(n === state.selected ? undefined : n)}
              onLabel={(label) => set({ label })}
            />
          )}
        </div>
        {total > 0 && (
          <div className={styles.pager}>
            <Pager page={page} pageSize={pageSize} total={total} one="incident" onPage={(p) => set({ page: p === 1 ? undefined : p, selected: state.selected })} />
          </div>
        )}
      </div>
      {state.selected !== undefined && <Preview key={state.selected} number={state.selected} onClose={() => select(undefined)} />}
    </div>
  );
}

function Count({ value, label }: { value: number | undefined; label: string }) {
  return (
    <div className={styles.count}>
      <strong>{value === undefined ? '–' : formatNumber(value)}</strong>
      <span>{label}</span>
    </div>
  );
}

function NoIncidents({ filtered, reset }: { filtered: boolean; reset: () => void }) {
  if (filtered) {
    return (
      <EmptyState icon={<SearchRegular />} title="No incident matches" action={<Button onClick={reset}>Show all incidents</Button>}>
        Change the filters or the search above.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<ShieldCheckmarkRegular />} title="No open incidents" action={<Button onClick={reset}>Show closed ones too</Button>}>
      New incidents of the tenant appear here by themselves. If you expect some, look at Data connectors.
    </EmptyState>
  );
}
