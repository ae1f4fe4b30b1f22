import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { paths } from './resources';
import type { Prerequisite } from './types';

/** One way by which the people of a directory come. */
export interface DirectorySource {
  name: string;
  title: string;
  state: string;
  people: number;
  lastRead: string | null;
  message?: string;
}

export interface Directory {
  id: 'ActiveDirectory' | 'AzureActiveDirectory';
  title: string;
  selected: boolean;
  state: string;
  /** Why it cannot be turned on now; empty when it can. */
  refused?: string;
  sources: DirectorySource[] | null;
}

export interface EntityBehavior {
  enabled: boolean;
  directories: Directory[] | null;
  dataSources: string[] | null;
  prerequisites: Prerequisite[] | null;
  baselines: { available: boolean; message: string };
  changedBy: string;
  changedAt: string | null;
  etag: string;
}

/** Address of the entity behavior configuration. */
export const uebaPath = (ws: string) => `${paths.workspace(ws)}/ueba`;

export const uebaQuery = (ws: string) => queryOptions({ queryKey: ['w', ws, 'ueba'], queryFn: ({ signal }) => get<EntityBehavior>(uebaPath(ws), signal) });
