import { Input, Tab, TabList } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { WorkspaceSchema } from '../../api/types';
import type { HuntingQuery } from '../../api/content';
import { formatAgo } from '../../ui/format';
import type { PastQuery } from './history';
import styles from './LogsPage.module.css';
import { FunctionList } from './FunctionList';
import { samples } from './samples';
import { TableTree } from './TableTree';

interface Props {
  schema: WorkspaceSchema | undefined;
  error: Error | null;
  hunting: HuntingQuery[];
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
        <Tab value="functions">Functions</Tab>
        <Tab value="history">History</Tab>
      </TabList>
      <Input className={styles.sideSearch} size="small" type="search" contentBefore={<SearchRegular />} placeholder={`Search ${tab}`} aria-label={`Search ${tab}`} value={text} onChange={(_, d) => setText(d.value)} />
      {tab === 'tables' && <TableTree schema={props.schema} error={props.error} wanted={wanted} onInsert={props.onInsert} />}
      {tab === 'queries' && (
        <ul className={styles.sideList}>
          {[...samples, ...props.hunting]
            .filter((s) => `${s.title} ${s.query}`.toLowerCase().includes(wanted))
            .map((s) => (
              <li key={s.title + s.query}>
                <button type="button" className={styles.query} onClick={() => props.onOpen(s.query)}>
                  <strong>{s.title}</strong>
                  <pre>{s.query.split('\n').slice(0, 2).join('\n')}</pre>
                </button>
              </li>
            ))}
        </ul>
      )}
      {tab === 'functions' && <FunctionList functions={props.schema?.functions ?? []} wanted={wanted} onInsert={props.onInsert} />}
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
