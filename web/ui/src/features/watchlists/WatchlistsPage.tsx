import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { AddRegular, ArrowUploadRegular, DeleteRegular, TextBulletListSquareRegular } from '@fluentui/react-icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Watchlist, type WatchlistItem, watchlistItemsQuery, watchlistsQuery } from '../../api/watchlists';
import { mayContribute, useSession, useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { formatNumber } from '../../ui/format';
import { LogsLink } from '../../ui/Kql';
import { Card, PageHeader } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { Ago } from '../../ui/Time';
import { UploadDialog } from './UploadDialog';
import { useWatchlistChange } from './useWatchlistChange';
import styles from './Watchlists.module.css';
import { watchlistQuery } from './words';

const step = 100;

/** The lists that queries look things up in: made of CSV files, shown, changed and deleted. */
export function WatchlistsPage() {
  useTitle('Watchlists');
  const workspace = useWorkspace();
  const session = useSession();
  const may = mayContribute(session.user.role);
  const query = useQuery(watchlistsQuery(workspace.name));
  const change = useWatchlistChange(workspace.name);
  const [open, setOpen] = useState<string>();
  const [dialog, setDialog] = useState<'new' | 'upload' | 'delete'>();
  const lists = query.data?.items ?? [];
  const shown = lists.find((l) => l.alias === open);
  const close = () => setDialog(undefined);
  return (
    <>
      <PageHeader
        title="Watchlists"
        lead="Lists for queries: servers that matter, people who leave, addresses to leave out. A query asks by _GetWatchlist and the alias; a change counts at once."
        actions={
          <Button appearance="primary" icon={<AddRegular />} disabled={!may} onClick={() => setDialog('new')}>
            New watchlist
          </Button>
        }
      />
      {query.isPending && <Loading label="Loading watchlists" />}
      {query.isError && !query.data && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && lists.length === 0 && (
        <EmptyState icon={<TextBulletListSquareRegular />} title="No watchlists yet">
          Make one of a CSV file.
        </EmptyState>
      )}
      {lists.length > 0 && (
        <div className={cards.body}>
          <Card title="Watchlists">
            <Rows<Watchlist>
              label="Watchlists"
              items={lists}
              rowKey={(l) => l.alias}
              columns={[
                { label: 'Alias', cell: (l) => l.alias },
                { label: 'Description', cell: (l) => l.description || '–' },
                { label: 'Search key', cell: (l) => l.searchKey },
                { label: 'Items', number: true, nowrap: true, cell: (l) => formatNumber(l.items) },
                { label: 'Changed', nowrap: true, cell: (l) => <Ago value={l.updated} /> },
                { label: 'By', cell: (l) => l.updatedBy },
                {
                  label: 'Actions',
                  actions: true,
                  cell: (l) => (
                    <Button size="small" aria-label={`Show the items of ${l.alias}`} onClick={() => setOpen(l.alias)}>
                      Show items
                    </Button>
                  ),
                },
              ]}
            />
          </Card>
          {shown && (
            <Card
              title={shown.alias}
              actions={
                <span className={styles.actions}>
                  <LogsLink query={watchlistQuery(shown.alias)}>Open in Logs</LogsLink>
                  <Button size="small" icon={<ArrowUploadRegular />} disabled={!may} onClick={() => setDialog('upload')}>
                    Bring in a file
                  </Button>
                  <Button size="small" icon={<DeleteRegular />} disabled={!may} onClick={() => setDialog('delete')}>
                    Delete
                  </Button>
                </span>
              }
            >
              <Items key={shown.alias} list={shown} />
            </Card>
          )}
        </div>
      )}
      {dialog === 'new' && <UploadDialog change={change} onClose={close} />}
      {dialog === 'upload' && shown && <UploadDialog list={shown} change={change} onClose={close} />}
      {dialog === 'delete' && shown && (
        <Dialog open onOpenChange={(_, d) => !d.open && close()}>
          <DialogSurface>
            <DialogBody>
              <DialogTitle>Delete {shown.alias}?</DialogTitle>
              <DialogContent>Its {formatNumber(shown.items)} items go with it, and queries that ask for it fail. The table Watchlist keeps the history.</DialogContent>
              <DialogActions>
                <Button onClick={close}>Cancel</Button>
                <Button appearance="primary" disabled={change.remove.isPending} onClick={() => change.remove.mutate(shown.alias, { onSuccess: close })}>
                  Delete
                </Button>
              </DialogActions>
            </DialogBody>
          </DialogSurface>
        </Dialog>
      )}
    </>
  );
}

function Items({ list }: { list: Watchlist }) {
  const workspace = useWorkspace();
  const [limit, setLimit] = useState(step);
  const query = useQuery({ ...watchlistItemsQuery(workspace.name, list.alias, limit), placeholderData: keepPreviousData });
  if (query.isPending) return <Loading label="Loading items" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  const items = query.data.items ?? [];
  return (
    <>
      <div className={styles.scroll}>
        <Rows<WatchlistItem>
          label={`Items of ${list.alias}`}
          items={items}
          rowKey={(it) => it.id}
          columns={[
            ...(query.data.columns ?? []).map((c) => ({ label: c, cell: (it: WatchlistItem) => it.values[c] ?? '' })),
            { label: 'Changed', nowrap: true, cell: (it: WatchlistItem) => <Ago value={it.updated} /> },
          ]}
        />
      </div>
      {items.length < query.data.total && limit < 1000 && (
        <Button disabled={query.isFetching} onClick={() => setLimit(Math.min(1000, limit * 3))}>
          Show more of {formatNumber(query.data.total)}
        </Button>
      )}
    </>
  );
}
