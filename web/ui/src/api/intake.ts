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

export const intakeQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['w', ws, 'connector', id, 'health'],
    queryFn: ({ signal }) => get<{ sources: SourceHealth[] | null }>(`${paths.connector(ws, id)}/health`, signal),
    refetchInterval: 30_000,
  });
