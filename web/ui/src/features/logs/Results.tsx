import { Button, Menu, MenuButton, MenuItem, MenuList, MenuPopover, MenuTrigger, Tab, TabList } from '@fluentui/react-components';
import { ArrowDownloadRegular, DocumentSearchRegular } from '@fluentui/react-icons';
import { useEffect, useMemo, useState } from 'react';
import type { ApiError } from '../../api/http';
import { nextStep } from '../../api/http';
import { formatDuration, formatNumber, plural } from '../../ui/format';
import { EmptyState, Loading } from '../../ui/states';
import { Chart } from '../../ui/chart/Chart';
import { buildChart, chartKind, chartKinds } from '../../ui/chart/chartModel';
import { addCondition, type GridSort, kqlLiteral, sortedOrder, toCsv, toJson } from './gridModel';
import styles from './LogsPage.module.css';
import { Plan } from './Plan';
import { ResultGrid, useOrder } from './ResultGrid';
import { maxRows, type Run } from './useQueryRun';

/** What a run gave: tables as tabs, a chart, or what went wrong and where. */
export function Results({ run, onCopy, onQuery }: { run: Run; onCopy: (text: string) => void; onQuery: (query: string) => void }) {
  const [tab, setTab] = useState('0');
  const [sort, setSort] = useState<GridSort | undefined>();
  const [kind, setKind] = useState<string | undefined>();
  const result = run.result;
  const asked = chartKind(result?.render?.visualization);
  useEffect(() => {
    setTab(asked ? 'chart' : '0');
    setSort(undefined);
    setKind(undefined);
  }, [result, asked]);
  const table = result?.tables?.[tab === 'chart' || tab === 'plan' ? 0 : Number(tab)] ?? result?.tables?.[0];
  const order = useOrder(table, sort, sortedOrder);
  const shownKind = chartKinds.find((k) => k === kind) ?? asked ?? 'columnchart';
  const chart = useMemo(() => (tab === 'chart' && table ? buildChart(table, shownKind, result?.render?.properties) : undefined), [tab, table, shownKind, result]);

  if (run.state === 'running') return <Loading label="Running the query" />;
  if (run.error) return <Failure error={run.error} query={run.query} />;
  if (!result || !table) {
    return (
      <EmptyState icon={<DocumentSearchRegular />} title={run.state === 'cancelled' ? 'The query was cancelled' : 'Ask your data'}>
        Write a query and press Shift+Enter, or take one from Queries on the left.
      </EmptyState>
    );
  }
  const rows = table.rows.length;
  const where = (column: string, value: unknown, type: string, keep: boolean) => {
    const literal = kqlLiteral(value, type);
    if (literal !== undefined) onQuery(addCondition(run.query, column, literal, keep));
  };
  return (
    <>
      <div className={styles.resultBar}>
        <TabList size="small" selectedValue={tab} onTabSelect={(_, d) => (setTab(String(d.value)), setSort(undefined))}>
          {result.tables.map((t, i) => (
            <Tab key={i} value={String(i)}>
              {result.tables.length === 1 ? 'Results' : t.name || `Table ${i + 1}`}
            </Tab>
          ))}
          <Tab value="chart">Chart</Tab>
          <Tab value="plan">Plan</Tab>
        </TabList>
        {tab === 'chart' && (
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <MenuButton size="small" appearance="subtle">
                {shownKind}
              </MenuButton>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {chartKinds.map((k) => (
                  <MenuItem key={k} onClick={() => setKind(k)}>
                    {k}
                  </MenuItem>
                ))}
              </MenuList>
            </MenuPopover>
          </Menu>
        )}
        <span className={styles.spacer} />
        <span className={styles.stats} role="status">
          {plural(rows, 'row')}
          {rows >= maxRows && ' (cut)'} · {formatDuration(result.stats?.ms ?? 0)}
          {result.stats?.engine && ` · ${result.stats.engine}`}
          {result.stats?.scannedRows ? ` · ${formatNumber(result.stats.scannedRows)} scanned` : ''}
        </span>
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <MenuButton size="small" icon={<ArrowDownloadRegular />} disabled={rows === 0}>
              Export
            </MenuButton>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem onClick={() => download('query-result.csv', 'text/csv', toCsv(table, order))}>CSV</MenuItem>
              <MenuItem onClick={() => download('query-result.json', 'application/json', toJson(table, order))}>JSON</MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      </div>
      {result.error && (
        <div className={styles.failure} role="alert">
          This result is not complete: {result.error.message} ({result.error.code})
        </div>
      )}
      <div className={styles.body}>
        {tab === 'plan' ? (
          <Plan query={run.query} />
        ) : rows === 0 ? (
          <EmptyState title="No rows" action={<Button onClick={() => onCopy(run.query)}>Copy query</Button>}>
            The query ran and found nothing. Widen the time range or loosen a condition.
          </EmptyState>
        ) : tab === 'chart' ? (
          typeof chart === 'string' ? (
            <EmptyState title="No chart">{chart}</EmptyState>
          ) : (
            chart && <Chart chart={chart} />
          )
        ) : (
          <ResultGrid table={table} order={order} sort={sort} onSort={setSort} onCopy={onCopy} onCondition={where} />
        )}
      </div>
    </>
  );
}

function Failure({ error, query }: { error: ApiError; query: string }) {
  const lines = query.split('\n');
  return (
    <div className={styles.failure} role="alert">
      <h2>The query did not run</h2>
      <div>{error.message}</div>
      {error.diagnostics.length > 0 ? (
        <ul>
          {error.diagnostics.map((d, i) => (
            <li key={i}>
              Line {d.line}, column {d.column}: {d.message} <span className="mono">({d.code})</span>
              {d.fix && <> Instead: {d.fix}</>}
              {lines[d.line - 1] !== undefined && <pre>{`${lines[d.line - 1]}\n${' '.repeat(Math.max(0, d.column - 1))}^`}</pre>}
            </li>
          ))}
        </ul>
      ) : (
        <div>{nextStep(error)}</div>
      )}
      <div className="mono">Code: {error.code}</div>
    </div>
  );
}

function download(name: string, type: string, text: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
