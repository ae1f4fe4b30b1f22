import { Button } from '@fluentui/react-components';
import { PlayFilled, StopRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { huntingQuery } from '../../api/content';
import { post } from '../../api/http';
import { schemaQuery } from '../../api/resources';
import type { Diagnostic } from '../../api/types';
import { useTitle, useWorkspace } from '../../app/session';
import { formatDuration } from '../../ui/format';
import { useToasts } from '../../ui/toast';
import { readHistory, remember, writeHistory } from './history';
import { type EditorHandle, KqlEditor } from './KqlEditor';
import styles from './LogsPage.module.css';
import { Results } from './Results';
import { Sidebar } from './Sidebar';
import { readTime, setsOwnTime } from './timeRange';
import { TimeRangePicker } from './TimeRangePicker';
import { type Run, useQueryRun } from './useQueryRun';

/** Queries in KQL: write, run, read. */
export function LogsPage() {
  useTitle('Logs');
  const workspace = useWorkspace();
  const toasts = useToasts();
  const search = useSearch({ from: '/w/$ws/logs' });
  const navigate = useNavigate({ from: '/w/$ws/logs' });
  const [text, setText] = useState(search.q ?? '');
  const [history, setHistory] = useState(() => readHistory(workspace.name));
  const schema = useQuery(schemaQuery(workspace.name));
  const hunting = useQuery(huntingQuery(workspace.name));
  const { run, start, cancel } = useQueryRun(workspace.name);
  const editor = useRef<EditorHandle | null>(null);
  const time = readTime(search.time);
  const own = setsOwnTime(text);

  const execute = async (query: string, range: string, whole: string) => {
    if (query.trim() === '') return;
    await navigate({ search: { q: whole, time: range === 'PT24H' ? undefined : range }, replace: whole === search.q });
    const result = await start(query, setsOwnTime(query) ? undefined : range);
    setHistory((old) => {
      const next = remember(old, { query, time: range, at: Date.now(), rows: result?.stats?.rows });
      writeHistory(workspace.name, next);
      return next;
    });
  };
  const runCurrent = () => void execute(editor.current?.current().text ?? text, time, text);
  const open = (query: string) => {
    editor.current?.setText(query);
    setText(query);
    void execute(query, time, query);
  };

  // A link may ask to run at once; and the back button brings an earlier query.
  const handled = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (search.run === '1' && search.q && handled.current !== search.q) {
      handled.current = search.q;
      void execute(search.q, time, search.q);
    }
  });
  useEffect(() => {
    if (search.q !== undefined && search.q !== text) editor.current?.setText(search.q);
    // Only the address leads the editor here; typing must not.
  }, [search.q]);

  const copy = (value: string) => {
    navigator.clipboard?.writeText(value).then(
      () => toasts.info('Copied'),
      () => toasts.warning('Not copied', 'The browser does not let this page use the clipboard. Select the text and copy it.'),
    );
  };
  const check = async (query: string) => {
    const answer = await post<{ diagnostics: Diagnostic[] | null }>('/api/kql/check', { workspace: workspace.name, query });
    return answer.diagnostics ?? [];
  };
  return (
    <div className={styles.page}>
      <h1 className="srOnly">Logs</h1>
      <Sidebar schema={schema.data} error={schema.error} hunting={hunting.data?.items ?? []} history={history} onInsert={(t) => editor.current?.insert(t)} onOpen={open} />
      <div className={styles.main}>
        <div className={styles.bar}>
          {run.state === 'running' ? (
            <Button icon={<StopRegular />} onClick={cancel}>
              Cancel
            </Button>
          ) : (
            <Button appearance="primary" icon={<PlayFilled />} onClick={runCurrent} title="Run (Shift+Enter)">
              Run
            </Button>
          )}
          <TimeRangePicker value={time} disabled={own} onChange={(next) => void navigate({ search: (old) => ({ ...old, run: undefined, time: next === 'PT24H' ? undefined : next }) })} />
          <RunClock run={run} />
          <span className={styles.spacer} />
          <Button appearance="subtle" onClick={() => editor.current?.format()}>
            Format
          </Button>
          <Button appearance="subtle" onClick={() => copy(window.location.href)}>
            Copy link
          </Button>
          <Button appearance="subtle" onClick={() => copy(text)}>
            Copy query
          </Button>
        </div>
        <div className={styles.editor}>
          <KqlEditor value={text} workspace={workspace.name} schema={schema.data} onChange={setText} onRun={runCurrent} check={check} handle={editor} />
        </div>
        <div className={styles.results}>
          <Results run={run} onCopy={copy} onQuery={open} />
        </div>
      </div>
    </div>
  );
}

/** How long the running query has taken, in words for screen readers when it ends. */
function RunClock({ run }: { run: Run }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (run.state !== 'running') return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, [run.state, run.started]);
  if (run.state === 'running') {
    return (
      <span className={styles.clock} role="timer">
        Running {formatDuration(Math.max(0, now - run.started))}
      </span>
    );
  }
  if (run.state === 'cancelled') return <span className={styles.clock}>Cancelled after {formatDuration((run.finished ?? 0) - run.started)}</span>;
  return null;
}
