import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { changedKinds, type LiveEvent, parseEvent } from './liveEvents';

/** Whether changes arrive at once, or pages look for them now and then. */
export type Live = 'live' | 'polling';

const Context = createContext<Live>('polling');
export const useLive = () => useContext(Context);

/** How often pages look for changes while the event stream is down. */
const pollEvery = 30_000;

/** Many incidents can change in one poll of the tenant; what they touch is fetched once. */
const gather = 400;

/** Keeps what is on the screen in step with the server: each event makes the queries it touches stale. */
export function LiveEvents({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [live, setLive] = useState<Live>('polling');

  useEffect(() => {
    const source = new EventSource('/api/events');
    let waiting: LiveEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const events = waiting;
      waiting = [];
      void client.invalidateQueries({ predicate: (query) => changedKinds(events, query.queryKey) });
    };
    const hear = (event: MessageEvent<string>) => {
      const parsed = parseEvent(event.type, event.data);
      if (!parsed) return;
      waiting.push(parsed);
      timer ??= setTimeout(flush, gather);
    };
    let opened = false;
    source.onopen = () => {
      setLive('live');
      // What changed while the stream was down was not told.
      if (opened) void client.invalidateQueries({ predicate: (query) => query.queryKey[0] === 'w' });
      opened = true;
    };
    source.onerror = () => setLive('polling');
    for (const name of ['incident', 'connector', 'health']) source.addEventListener(name, hear);
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, [client]);

  useEffect(() => {
    if (live === 'live') return;
    const timer = setInterval(() => {
      if (!document.hidden) void client.invalidateQueries({ predicate: (query) => query.queryKey[0] === 'w' && query.queryKey[2] !== 'schema' });
    }, pollEvery);
    return () => clearInterval(timer);
  }, [client, live]);

  return <Context.Provider value={live}>{children}</Context.Provider>;
}
