import { Input, Tab, TabList } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { WorkspaceSchema } from '../../api/types';
import { formatAgo } from '../../ui/format';
import { ErrorState, Loading } from '../../ui/states';
import type { PastQuery } from './history';
import styles from './LogsPage.module.css';
import { samples } from './samples';

interface Props {
  schema: WorkspaceSchema | undefined;
  error: Error | null;
  history: PastQuery[];
  onInsert: (text: string) => void;
  onOpen: (query: string) => void;
}

/** Tables with their columns, queries to start from, and what ran before. */
export function Sidebar(props: Props) {
  const [tab, setTab] = useState('tables');
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  return (
    <aside className={styles.side} aria-label="Tables and queries">
      <TabList size="small" selectedValue={tab} onTabSelect={(_, d) => setTab(String(d.value))}>
        <Tab value="tables">Tables</Tab>
        <Tab value="queries">Queries</Tab>
        <Tab value="history">History</Tab>
      </TabList>
      <Input className={styles.sideSearch} size="small" type="search" contentBefore={<SearchRegular />} placeholder={`Search ${tab}`} aria-label={`Search ${tab}`} value={text} onChange={(_, d) => setText(d.value)} />
      {tab === 'tables' && <Tables {...props} wanted={wanted} />}
      {tab === 'queries' && (
        <ul className={styles.sideList}>
          {samples
            .filter((s) => `${s.title} ${s.query}`.toLowerCase().includes(wanted))
            .map((s) => (
              <li key={s.title}>
                <button type="button" className={styles.query} onClick={() => props.onOpen(s.query)}>
                  <strong>{s.title}</strong>
                  <pre>{s.query.split('\n').slice(0, 2).join('\n')}</pre>
                </button>
              </li>
            ))}
        </ul>
      )}
      {tab === 'history' && (
        <ul className={styles.sideList}>
          {props.history.length === 0 && <li className="muted">Queries you run appear here. They stay in this browser.</li>}
          {props.history
            .filter((h) => h.query.toLowerCase().includes(wanted))
            .map((h) => (
              <li key={h.at}>
                <button type="button" className={styles.query} onClick={() => props.onOpen(h.query)}>
                  <span className="muted">
                    {formatAgo(new Date(h.at).toISOString())}
                    {h.rows !== undefined && ` · ${h.rows} rows`}
                  </span>
                  <pre>{h.query.split('\n').slice(0, 3).join('\n')}</pre>
                </button>
              </li>
            ))}
        </ul>
      )}
    </aside>
  );
}

function Tables({ schema, error, wanted, onInsert }: Props & { wanted: string }) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  if (error && !schema) return <ErrorState error={error} title="The tables could not be loaded" />;
  if (!schema) return <Loading label="Loading tables" />;
  const toggle = (name: string) =>
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  const tables = schema.tables.filter((t) => t.name.toLowerCase().includes(wanted) || (wanted.length > 2 && t.columns.some((c) => c.name.toLowerCase().includes(wanted))));
  return (
    <ul className={styles.sideList}>
      {tables.map((table) => {
        const isOpen = open.has(table.name);
        return (
          <li key={table.name}>
            <div className={styles.sideRow}>
              <button type="button" className={styles.expand} aria-expanded={isOpen} aria-label={`Columns of ${table.name}`} onClick={() => toggle(table.name)}>
                <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
              </button>
              <button type="button" className={styles.table} title={table.description} onClick={() => onInsert(table.name)}>
                {table.name}
              </button>
            </div>
            {isOpen && (
              <ul className={styles.columns}>
                {table.columns.map((column) => (
                  <li key={column.name}>
                    <button type="button" className={styles.column} onClick={() => onInsert(column.name)}>
                      <span>{column.name}</span>
                      <span className="muted">{column.type}</span>
                    </button>
                  </li>
                ))}
              </ul>
            )}
          </li>
        );
      })}
    </ul>
  );
}
