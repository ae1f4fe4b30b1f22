import { Button, Dropdown, Option } from '@fluentui/react-components';
import { SettingsRegular, TableRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type TableItem, tablesQuery } from '../../api/tables';
import { mayContribute, useSession, useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { formatBytes, formatCount, formatNumber, plural } from '../../ui/format';
import { Card, PageHeader } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { SearchInput } from '../../ui/SearchInput';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { Ago } from '../../ui/Time';
import { ManageDialog } from './ManageDialog';

/** Every table with its plan, how long its rows are kept, and what they take. */
export function TablesPage() {
  useTitle('Tables');
  const workspace = useWorkspace();
  const session = useSession();
  const query = useQuery(tablesQuery(workspace.name));
  const [text, setText] = useState('');
  const [show, setShow] = useState('filled');
  const [managing, setManaging] = useState<TableItem | 'default' | undefined>();
  const all = query.data?.items ?? [];
  const items = all.filter((t) => (show === 'all' || t.rows + t.coldRows > 0) && `${t.name} ${t.family ?? ''} ${t.plan}`.toLowerCase().includes(text.trim().toLowerCase()));
  const bytes = all.reduce((n, t) => n + t.bytes + t.coldBytes, 0);
  const full = all.reduce((n, t) => n + t.bytesFull, 0);
  const may = mayContribute(session.user.role);
  const def = query.data?.default;
  return (
    <>
      <PageHeader
        title="Tables"
        lead={def && `${plural(all.length, 'table')}, ${formatBytes(bytes)} on disk${full > 0 ? `, ${formatBytes(full)} once retention is full` : ''}. Rows are kept ${def.totalRetentionDays} days unless a table says otherwise.`}
        actions={
          <Button icon={<SettingsRegular />} disabled={!may || !def} onClick={() => setManaging('default')}>
            Default retention
          </Button>
        }
      />
      <div className={cards.bar}>
        <SearchInput label="Search tables" value={text} onChange={setText} />
        <Dropdown aria-label="Which tables" value={show === 'all' ? 'All tables' : 'With rows'} selectedOptions={[show]} onOptionSelect={(_, d) => setShow(d.optionValue ?? 'filled')}>
          <Option value="filled" text="With rows">
            With rows
          </Option>
          <Option value="all" text="All tables">
            All tables
          </Option>
        </Dropdown>
      </div>
      {query.isPending && <Loading label="Loading tables" />}
      {query.isError && all.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && (
        <EmptyState icon={<TableRegular />} title={text ? 'No table matches' : 'No rows yet'}>
          Tables fill once a data connector is connected.
        </EmptyState>
      )}
      {items.length > 0 && (
        <div className={cards.body}>
          <Card>
            <Rows<TableItem>
              label="Tables"
              items={items}
              rowKey={(t) => t.name}
              columns={[
                {
                  label: 'Table',
                  cell: (t) => (
                    <Link to="/w/$ws/tables/$name" params={{ ws: workspace.name, name: t.name }} className="link">
                      {t.name}
                    </Link>
                  ),
                },
                { label: 'Plan', cell: (t) => t.plan },
                { label: 'Interactive', number: true, nowrap: true, cell: (t) => <Days days={t.retentionDays} isDefault={t.retentionDefault} /> },
                { label: 'Total', number: true, nowrap: true, cell: (t) => <Days days={t.totalRetentionDays} isDefault={t.totalRetentionDefault} /> },
                { label: 'Rows', number: true, nowrap: true, cell: (t) => <span title={`${formatNumber(t.coldRows)} of them only by search or restore`}>{formatCount(t.rows + t.coldRows)}</span> },
                { label: 'Last 24 h', number: true, nowrap: true, cell: (t) => formatCount(t.rows24h) },
                { label: 'Size', number: true, nowrap: true, cell: (t) => formatBytes(t.bytes + t.coldBytes) },
                { label: 'When full', number: true, nowrap: true, cell: (t) => <span title={`At ${formatBytes(t.bytesPerDay)} a day, as in the last seven days`}>{t.bytesFull > 0 ? formatBytes(t.bytesFull) : ''}</span> },
                { label: 'Newest', nowrap: true, cell: (t) => <Ago value={t.lastSeen} /> },
                {
                  label: 'Actions',
                  actions: true,
                  cell: (t) => (
                    <Button size="small" disabled={!may} aria-label={`Manage table ${t.name}`} onClick={() => setManaging(t)}>
                      Manage
                    </Button>
                  ),
                },
              ]}
            />
          </Card>
        </div>
      )}
      {managing && def && <ManageDialog table={managing === 'default' ? undefined : managing} standard={def} onClose={() => setManaging(undefined)} />}
    </>
  );
}

function Days({ days, isDefault }: { days: number; isDefault: boolean }) {
  return (
    <span title={isDefault ? "The workspace's default" : undefined}>
      {days} d{isDefault && <span className="muted"> (default)</span>}
    </span>
  );
}
