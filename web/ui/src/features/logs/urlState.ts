/** The state of the Logs page as it stands in the address. */
export interface LogsState {
  q?: string;
  /** ISO 8601 length such as PT24H, or two moments "from/to"; absent is the last 24 hours. */
  time?: string;
  /** 1: run as soon as the page opens. */
  run?: string;
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** Reads the address of the Logs page. */
export function readLogsState(search: Record<string, unknown>): LogsState {
  return { q: text(search.q), time: text(search.time), run: search.run === '1' || search.run === 1 ? '1' : undefined };
}
