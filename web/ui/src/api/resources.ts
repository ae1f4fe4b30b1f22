import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ApiError, get, withQuery } from './http';
import type {
  Activity,
  Alert,
  ConflictRecord,
  ConnectorDetail,
  ConnectorGallery,
  DirectoryUser,
  EntityDetail,
  EntityRef,
  IncidentDetail,
  IncidentPage,
  Overview,
  RelatedIncident,
  Session,
  WorkspaceSchema,
} from './types';

/** Filters of the incident list as the server takes them. */
export interface IncidentFilter {
  status?: string;
  severity?: string;
  owner?: string;
  q?: string;
  product?: string;
  sync?: string;
  redirected?: string;
  label?: string;
  sort?: string;
  limit?: number;
  offset?: number;
}

const base = (ws: string) => `/api/w/${encodeURIComponent(ws)}`;

/** How many alerts an incident's page reads with the incident itself; the Alerts tab reads the others by the page. */
export const firstAlerts = 50;

/** How many of its entities; the Entities tab reads the others by the page. */
export const firstEntities = 50;

/** A page of a list below an incident; next leads to the page after it. */
export interface ListPage<T> {
  items: T[] | null;
  total?: number;
  next?: string;
}

/** Addresses of one workspace's resources. */
export const paths = {
  workspace: base,
  incident: (ws: string, n: number) => `${base(ws)}/incidents/${n}`,
  connector: (ws: string, id: string) => `${base(ws)}/connectors/${encodeURIComponent(id)}`,
  query: (ws: string) => `${base(ws)}/query`,
};

/** The signed-in person, or null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await get<Session>('/api/session', signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export const overviewQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'overview'],
    queryFn: ({ signal }) => get<Overview>(`${base(ws)}/overview`, signal),
  });

export const incidentsQuery = (ws: string, filter: IncidentFilter) =>
  queryOptions({
    queryKey: ['w', ws, 'incidents', filter],
    queryFn: ({ signal }) => get<IncidentPage>(withQuery(`${base(ws)}/incidents`, { ...filter }), signal),
    placeholderData: keepPreviousData,
  });

export const incidentQuery = (ws: string, n: number) =>
  queryOptions({
    queryKey: ['w', ws, 'incident', n],
    queryFn: ({ signal }) => get<IncidentDetail>(withQuery(paths.incident(ws, n), { alerts: firstAlerts, entities: firstEntities }), signal),
  });

/** The activity log, newest first, by the page. */
export const historyQuery = (ws: string, n: number) =>
  infiniteQueryOptions({
    queryKey: ['w', ws, 'incident', n, 'history'],
    queryFn: ({ signal, pageParam }) => get<ListPage<Activity>>(withQuery(`${paths.incident(ws, n)}/history`, { order: 'newest', limit: 100, cursor: pageParam }), signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });

/** What an incident is about, or of it what has the text, by the page. */
export const incidentEntitiesQuery = (ws: string, n: number, q: string) =>
  infiniteQueryOptions({
    queryKey: ['w', ws, 'incident', n, 'entities', q],
    queryFn: ({ signal, pageParam }) => get<ListPage<EntityRef>>(withQuery(`${paths.incident(ws, n)}/entities`, { q, limit: 100, cursor: pageParam }), signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    placeholderData: keepPreviousData,
  });

export const conflictsQuery = (ws: string, n: number) =>
  queryOptions({
    queryKey: ['w', ws, 'incident', n, 'conflicts'],
    queryFn: ({ signal }) => get<{ items: ConflictRecord[] | null }>(`${paths.incident(ws, n)}/conflicts`, signal),
  });

export const alertsPageQuery = (ws: string, n: number, limit: number, offset: number) =>
  queryOptions({
    queryKey: ['w', ws, 'incident', n, 'alerts', limit, offset],
    queryFn: ({ signal }) => get<{ items: Alert[] | null }>(withQuery(`${paths.incident(ws, n)}/alerts`, { limit, offset }), signal),
    placeholderData: keepPreviousData,
  });

export const relatedQuery = (ws: string, n: number) =>
  queryOptions({
    queryKey: ['w', ws, 'incident', n, 'related'],
    queryFn: ({ signal }) => get<{ items: RelatedIncident[] | null }>(`${paths.incident(ws, n)}/related`, signal),
  });

/** Which entities of the workspace are asked for. */
export interface EntityFilter {
  q?: string;
  kind?: string;
  limit?: number;
  offset?: number;
}

export const entitiesQuery = (ws: string, filter: EntityFilter) =>
  queryOptions({
    queryKey: ['w', ws, 'entities', filter],
    queryFn: ({ signal }) => get<{ items: EntityRef[] | null }>(withQuery(`${base(ws)}/entities`, { ...filter }), signal),
    placeholderData: keepPreviousData,
  });

export const entityQuery = (ws: string, id: number) =>
  queryOptions({
    queryKey: ['w', ws, 'entity', id],
    queryFn: ({ signal }) => get<EntityDetail>(`${base(ws)}/entities/${id}`, signal),
  });

export const usersQuery = (ws: string, q: string) =>
  queryOptions({
    queryKey: ['w', ws, 'users', q],
    queryFn: ({ signal }) => get<{ items: DirectoryUser[] | null }>(withQuery(`${base(ws)}/users`, { q }), signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const connectorsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'connectors'],
    queryFn: ({ signal }) => get<ConnectorGallery>(`${base(ws)}/connectors`, signal),
  });

export const connectorQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['w', ws, 'connector', id],
    queryFn: ({ signal }) => get<ConnectorDetail>(paths.connector(ws, id), signal),
  });

export const schemaQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'schema'],
    queryFn: ({ signal }) => get<WorkspaceSchema>(`${base(ws)}/schema`, signal),
    staleTime: 5 * 60_000,
  });
