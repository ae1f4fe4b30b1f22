import type { IncidentFilter } from '../../api/resources';

/** The state of the incident list as it stands in the address; absent means the default. */
export interface ListState {
  status?: string;
  severity?: string;
  owner?: string;
  q?: string;
  /** Product names of alerts, by comma. */
  product?: string;
  /** Sync states, by comma, or "attention" for those that need somebody. */
  sync?: string;
  /** "yes" shows incidents that were merged into others as well. */
  merged?: string;
  label?: string;
  sort?: string;
  page?: number;
  /** Number of the incident shown in the side pane. */
  selected?: number;
}

export const statuses = ['New', 'Active', 'Closed'] as const;
export const severities = ['High', 'Medium', 'Low', 'Informational'] as const;
export const sortKeys = ['created', 'modified', 'number', 'title', 'severity', 'status', 'owner', 'alerts'] as const;
export type SortKey = (typeof sortKeys)[number];

export const syncStates = ['attention', 'pending', 'synced', 'local'] as const;

/** What the server calls the states that each choice stands for. */
const syncGroups: Record<string, string> = { attention: 'conflict,rejected,notSent', pending: 'pending,sent', synced: 'synced', local: 'local' };

export const defaultStatus = 'New,Active';
export const defaultSort = '-created';
export const pageSize = 50;

const text = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value : undefined);

const positive = (value: unknown) => {
  const n = Number(value);
  return Number.isSafeInteger(n) && n > 0 ? n : undefined;
};

/** Keeps the known names of a comma-separated list, in the order of known; undefined when none is left. */
export function readNames(value: unknown, known: readonly string[]): string | undefined {
  const wanted = new Set(String(value ?? '').split(',').map((v) => v.trim().toLowerCase()));
  const names = known.filter((name) => wanted.has(name.toLowerCase()));
  return names.length > 0 ? names.join(',') : undefined;
}

/** Reads the address; what it does not understand falls back to the default. */
export function readListState(search: Record<string, unknown>): ListState {
  const status = search.status === 'all' ? 'all' : readNames(search.status, statuses);
  const sort = text(search.sort);
  const page = positive(search.page);
  return {
    status: status === defaultStatus ? undefined : status,
    severity: readNames(search.severity, severities),
    owner: text(search.owner),
    q: text(search.q),
    product: text(search.product),
    sync: readNames(search.sync, syncStates),
    merged: search.merged === 'yes' ? 'yes' : undefined,
    label: text(search.label),
    sort: sort && sort !== defaultSort && (sortKeys as readonly string[]).includes(sort.replace(/^-/, '')) ? sort : undefined,
    page: page === 1 ? undefined : page,
    selected: positive(search.selected),
  };
}

/** What the server is asked for; `me` becomes the person's own name. */
export function toFilter(state: ListState, me: string): IncidentFilter {
  return {
    status: state.status === 'all' ? undefined : (state.status ?? defaultStatus),
    severity: state.severity,
    owner: state.owner === 'me' ? me : state.owner,
    q: state.q,
    product: state.product,
    sync: state.sync?.split(',').map((name) => syncGroups[name]).join(','),
    redirected: state.merged === 'yes' ? 'true' : undefined,
    label: state.label,
    sort: state.sort ?? defaultSort,
    limit: pageSize,
    offset: ((state.page ?? 1) - 1) * pageSize,
  };
}

/** The sort after a click on a column's head: first click the natural direction, second the other one. */
export function nextSort(current: string | undefined, key: SortKey): string | undefined {
  const now = current ?? defaultSort;
  const natural = key === 'title' || key === 'owner' || key === 'status' ? key : `-${key}`;
  const other = natural.startsWith('-') ? key : `-${key}`;
  const next = now === natural ? other : natural;
  return next === defaultSort ? undefined : next;
}

/** Whether the list shows less than everything because of a filter other than the default one. */
export function isFiltered(state: ListState): boolean {
  return Boolean(state.severity || state.owner || state.q || state.label || state.product || state.sync || (state.status && state.status !== 'all'));
}

export const detailTabs = ['overview', 'alerts', 'entities', 'related', 'tasks', 'activity'] as const;
export type DetailTab = (typeof detailTabs)[number];

/** The state of an incident's page. */
export interface DetailState {
  tab?: DetailTab;
}

/** Reads the address of an incident's page. */
export function readDetailState(search: Record<string, unknown>): DetailState {
  const tab = detailTabs.find((t) => t === search.tab);
  return { tab: tab === 'overview' ? undefined : tab };
}
