import { queryOptions } from '@tanstack/react-query';
import { get, withQuery } from './http';
import { paths } from './resources';

/** A record that could not become a row. */
export interface DeadLetter {
  id: string;
  time: string;
  source: string;
  partition: number;
  position: number;
  ordinal: number;
  /** Empty when it cannot be told. */
  table: string;
  reason: string;
  detail: string;
  /** Bytes of the record; more than content has when it was cut. */
  size: number;
  sha256: string;
  /** It was stored later. */
  replayed: boolean;
  /** Only when one letter is asked for; at most 64 KB. */
  content?: string;
}

/** The letters of one source and table that were refused for one reason. */
export interface DeadLetterGroup {
  source: string;
  table: string;
  reason: string;
  letters: number;
  replayed: number;
  bytes: number;
}

/** The newest letters, and how many there are of each kind. */
export interface DeadLetterPage {
  items: DeadLetter[] | null;
  groups: DeadLetterGroup[] | null;
  total: number;
}

/** Chooses letters; absent means all. */
export interface DeadLetterFilter {
  source?: string;
  table?: string;
  reason?: string;
}

/** What a replay did. */
export interface ReplayOutcome {
  letters: number;
  stored: number;
  rows: number;
  stay: number;
  cut: number;
  more: boolean;
  trouble: { id: string; reason: string; detail: string }[] | null;
}

const base = (ws: string) => `${paths.workspace(ws)}/deadletters`;

export const replayPath = (ws: string) => `${base(ws)}/replay`;

/** The letters that a filter chooses; those that were stored later are listed only when asked for. */
export const deadLettersQuery = (ws: string, filter: DeadLetterFilter, replayed: boolean, limit: number) =>
  queryOptions({
    queryKey: ['w', ws, 'deadletters', filter, replayed, limit],
    queryFn: ({ signal }) => get<DeadLetterPage>(withQuery(base(ws), { ...filter, replayed: replayed ? 'true' : undefined, limit }), signal),
  });

/** One letter with its content. */
export const deadLetterQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['w', ws, 'deadletters', id],
    queryFn: ({ signal }) => get<DeadLetter>(`${base(ws)}/${encodeURIComponent(id)}`, signal),
  });
