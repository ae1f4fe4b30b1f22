import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { paths } from './resources';

/** One step of setting a workspace up, ticked off by real state. */
export interface SetupStep {
  id: string;
  title: string;
  detail: string;
  done: boolean;
  /** Path below the workspace, such as content/defender-xdr. */
  link?: string;
  command?: string;
}

export interface Setup {
  done: boolean;
  steps: SetupStep[] | null;
}

export const setupQuery = (ws: string) => queryOptions({ queryKey: ['w', ws, 'setup'], queryFn: ({ signal }) => get<Setup>(`${paths.workspace(ws)}/setup`, signal), staleTime: 10_000 });
