import { readStored, writeStored } from '../../ui/stored';

/** A query somebody ran in this browser. */
export interface PastQuery {
  query: string;
  time: string;
  at: number;
  rows?: number;
}

const limit = 60;
const key = (ws: string) => `history.${ws}`;

/** The newest queries of this browser, newest first. */
export const readHistory = (ws: string) => readStored<PastQuery[]>(key(ws), []);

/** Puts a query on top of the list; one that ran before moves up instead of standing twice. */
export function remember(list: PastQuery[], entry: PastQuery): PastQuery[] {
  return [entry, ...list.filter((e) => e.query !== entry.query)].slice(0, limit);
}

/** Keeps the list in this browser. */
export const writeHistory = (ws: string, list: PastQuery[]) => writeStored(key(ws), list);
