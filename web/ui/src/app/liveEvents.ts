/** One thing the server said has changed. */
export type LiveEvent =
  | { kind: 'incident'; number: number }
  | { kind: 'connector'; id: string }
  | { kind: 'health' };

/** Reads one server-sent event; undefined for what this version does not know. */
export function parseEvent(type: string, data: string): LiveEvent | undefined {
  let value: { number?: unknown; id?: unknown } = {};
  try {
    value = data === '' ? {} : JSON.parse(data);
  } catch {
    return undefined;
  }
  if (type === 'incident' && typeof value.number === 'number') return { kind: 'incident', number: value.number };
  if (type === 'connector') return { kind: 'connector', id: String(value.id ?? '') };
  if (type === 'health') return { kind: 'health' };
  return undefined;
}

/** What a change of a connection or of its health shows on. */
const touchedByConnector = new Set(['connectors', 'connector', 'overview', 'setup', 'ueba', 'rules', 'tables']);

/** Whether the query of that key shows something the events changed. Keys are ['w', workspace, kind, ...]. */
export function changedKinds(events: LiveEvent[], key: readonly unknown[]): boolean {
  if (key[0] !== 'w') return false;
  const kind = key[2];
  return events.some((event) => {
    if (event.kind === 'incident') {
      return kind === 'incidents' || kind === 'overview' || kind === 'setup' || (kind === 'incident' && key[3] === event.number);
    }
    return touchedByConnector.has(String(kind));
  });
}
