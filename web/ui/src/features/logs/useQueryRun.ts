import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, request } from '../../api/http';
import { paths } from '../../api/resources';
import type { QueryResult } from '../../api/types';

/** One run of a query. */
export interface Run {
  state: 'idle' | 'running' | 'done' | 'failed' | 'cancelled';
  query: string;
  started: number;
  finished?: number;
  result?: QueryResult;
  error?: ApiError;
}

/** The most rows the page takes; the server flags results it cut. */
export const maxRows = 30_000;

/** An id for a run. randomUUID exists on secure origins only, and a workspace may be served by plain http on a LAN. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}

/** Runs queries one at a time; a new run or leaving the page cancels the one before, on the server too. */
export function useQueryRun(ws: string) {
  const [run, setRun] = useState<Run>({ state: 'idle', query: '', started: 0 });
  const active = useRef<{ id: string; abort: AbortController } | null>(null);

  const stop = useCallback(() => {
    const now = active.current;
    if (!now) return;
    active.current = null;
    now.abort.abort();
    // The page does not wait: the server frees what the query holds.
    request('DELETE', `/api/queries/${now.id}`).catch(() => {});
  }, []);
  useEffect(() => stop, [stop]);

  const start = useCallback(
    async (query: string, timespan: string | undefined): Promise<QueryResult | undefined> => {
      stop();
      const mine = { id: newId(), abort: new AbortController() };
      active.current = mine;
      const started = Date.now();
      setRun({ state: 'running', query, started });
      try {
        const result = await request<QueryResult>('POST', paths.query(ws), { query, timespan, maxRows }, { signal: mine.abort.signal, headers: { 'X-Query-Id': mine.id } });
        if (active.current !== mine) return undefined;
        active.current = null;
        const error = result.error && !result.tables?.length ? new ApiError(400, result.error.code, result.error.message, result.error.diagnostics) : undefined;
        setRun({ state: error ? 'failed' : 'done', query, started, finished: Date.now(), result, error });
        return error ? undefined : result;
      } catch (cause) {
        if (active.current !== mine) return undefined;
        active.current = null;
        const error = cause instanceof ApiError ? cause : new ApiError(0, 'unreachable', String(cause));
        setRun({ state: 'failed', query, started, finished: Date.now(), error });
        return undefined;
      }
    },
    [stop, ws],
  );

  const cancel = useCallback(() => {
    stop();
    setRun((old) => (old.state === 'running' ? { ...old, state: 'cancelled', finished: Date.now() } : old));
  }, [stop]);

  return { run, start, cancel };
}
