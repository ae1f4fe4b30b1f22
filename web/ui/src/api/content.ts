import { queryOptions } from '@tanstack/react-query';
import { get } from './http';
import { paths } from './resources';
import type { ConnectionState } from './types';

/** Counts of what a solution brings. */
export interface ContentCounts {
  connectors: number;
  analyticsRules: number;
  huntingQueries: number;
  workbooks: number;
  functions: number;
}

export interface ContentItem {
  id: string;
  contentId: string;
  title: string;
  publisher: string;
  description: string;
  version: string;
  categories: string[] | null;
  counts: ContentCounts;
  installed: boolean;
  installedVersion?: string;
  installedAt?: string;
  installedBy?: string;
  updateAvailable: boolean;
}

export interface ContentRule {
  id: string;
  title: string;
  description: string;
  severity: string;
  tactics: string[] | null;
  techniques: string[] | null;
  query: string;
  queryFrequency: string;
  queryPeriod: string;
  enabled: boolean;
}

export interface HuntingQuery {
  id: string;
  solution: string;
  title: string;
  description: string;
  tactics: string[] | null;
  techniques: string[] | null;
  query: string;
}

export interface WorkbookItem {
  id: string;
  solution: string;
  title: string;
  description: string;
}

export interface Tile {
  title: string;
  visual: 'number' | 'table' | 'bar' | 'column' | 'line' | 'area' | 'pie';
  /** Of 12. */
  width: number;
  query: string;
}

export interface Workbook extends WorkbookItem {
  /** Default ISO duration of the queries. */
  timespan: string;
  tiles: Tile[];
}

export interface SavedFunction {
  name: string;
  description: string;
  parameters?: string;
  query: string;
}

export interface ContentDetail extends ContentItem {
  /** What an install or a removal did. */
  message?: string;
  connectors: { id: string; title: string; state: ConnectionState }[] | null;
  analyticsRules: ContentRule[] | null;
  huntingQueries: HuntingQuery[] | null;
  workbooks: WorkbookItem[] | null;
  functions: SavedFunction[] | null;
}

/** An analytics rule, or a template of a solution that is not in use yet. */
export interface Rule {
  id: string;
  kind: 'MicrosoftSecurityIncidentCreation' | 'Scheduled';
  name: string;
  description: string;
  enabled: boolean;
  template: boolean;
  solution?: string;
  severity?: string;
  tactics?: string[] | null;
  techniques?: string[] | null;
  productFilter?: string;
  severitiesFilter?: string[] | null;
  displayNamesFilter?: string[] | null;
  displayNamesExcludeFilter?: string[] | null;
  query?: string;
  queryFrequency?: string;
  queryPeriod?: string;
  triggerOperator?: string;
  triggerThreshold?: number;
  lastRun?: string;
  nextRun?: string;
  lastResult?: string;
  failed?: boolean;
  incidents?: number;
  modified?: string;
  etag?: string;
}

type Items<T> = { items: T[] | null };

const url = (ws: string, rest: string) => `${paths.workspace(ws)}${rest}`;

/** Address of one solution. */
export const contentPath = (ws: string, id: string) => url(ws, `/content/${encodeURIComponent(id)}`);

/** Address of one rule. */
export const rulePath = (ws: string, id: string) => url(ws, `/rules/${encodeURIComponent(id)}`);

export const contentListQuery = (ws: string) =>
  queryOptions({ queryKey: ['w', ws, 'content'], queryFn: ({ signal }) => get<Items<ContentItem>>(url(ws, '/content'), signal) });

export const contentQuery = (ws: string, id: string) =>
  queryOptions({ queryKey: ['w', ws, 'content', id], queryFn: ({ signal }) => get<ContentDetail>(contentPath(ws, id), signal) });

export const huntingQuery = (ws: string) =>
  queryOptions({ queryKey: ['w', ws, 'hunting'], queryFn: ({ signal }) => get<Items<HuntingQuery>>(url(ws, '/hunting'), signal) });

export const workbooksQuery = (ws: string) =>
  queryOptions({ queryKey: ['w', ws, 'workbooks'], queryFn: ({ signal }) => get<Items<WorkbookItem>>(url(ws, '/workbooks'), signal) });

export const workbookQuery = (ws: string, id: string) =>
  queryOptions({ queryKey: ['w', ws, 'workbook', id], queryFn: ({ signal }) => get<Workbook>(url(ws, `/workbooks/${encodeURIComponent(id)}`), signal) });

export const rulesQuery = (ws: string) =>
  queryOptions({ queryKey: ['w', ws, 'rules'], queryFn: ({ signal }) => get<Items<Rule>>(url(ws, '/rules'), signal) });
