import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { paths } from './resources';

/** How data comes in from one source. */
export interface SourceHealth {
  source: string;
  /** Id of the stream that reads it. */
  stream: string;
  state: 'green' | 'amber' | 'red' | 'grey';
  description: string;
  eventsPerMinute: number;
  lagSeconds: number | null;
  /** Until the source drops messages that are not read yet, at this rate. */
  hoursToLoss: number | null;
  deadLetters: number;
}

/** Rows that came at most so long after their event, and later than the bucket before; null for no bound. */
export interface LateBucket {
  upToSeconds: number | null;
  rows: number;
}

/** How one table comes in; counts are of the last 15 days, lateness since the server's start. */
export interface TableHealth {
  table: string;
  state: 'green' | 'amber' | 'red' | 'grey';
  lastEvent: string | null;
  eventsPerMinute: number;
  bytesPerMinute: number;
  deadLetters: number;
  duplicates: number;
  dropped: number;
  /** Positions that were not there to be read, of the sources that bring the table. */
  gaps: number;
  /** How long the oldest unread message of these sources has been waiting. */
  lagSeconds: number;
  lagEvents: number;
  /** Until one of these sources drops messages that are not read yet, at this rate. */
  hoursToLoss: number | null;
  lateness: LateBucket[] | null;
}

export const intakeQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['w', ws, 'connector', id, 'health'],
    queryFn: ({ signal }) => get<{ sources: SourceHealth[] | null; tables: TableHealth[] | null }>(`${paths.connector(ws, id)}/health`, signal),
    refetchInterval: 30_000,
  });
