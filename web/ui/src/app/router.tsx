import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { ErrorState, Loading } from '../ui/states';
import { readDetailState, readListState } from '../features/incidents/urlState';
import { readDeadLettersState } from '../features/deadletters/words';
import { readEntitiesState } from '../features/entities/urlState';
import { readLogsState } from '../features/logs/urlState';
import { readRulesState } from '../features/rules/words';
import { readConnectorState } from '../features/connectors/urlState';
import { OverviewPage } from '../features/overview/OverviewPage';
import { Gate } from './Gate';
import { HomeRedirect, NotFound, WorkspaceFrame } from './WorkspaceFrame';
import { readSearch, writeSearch } from './search';

const root = createRootRoute({ component: Gate });

const home = createRoute({ getParentRoute: () => root, path: '/', component: HomeRedirect });
// Addresses without a workspace, as people type them, lead to the first workspace.
const anywhere = createRoute({ getParentRoute: () => root, path: '$', component: HomeRedirect });

const workspace = createRoute({ getParentRoute: () => root, path: 'w/$ws', component: WorkspaceFrame, notFoundComponent: NotFound });

const overview = createRoute({ getParentRoute: () => workspace, path: '/', component: OverviewPage });

const incidents = createRoute({
  getParentRoute: () => workspace,
  path: 'incidents',
  validateSearch: readListState,
  component: lazyRouteComponent(() => import('../features/incidents/IncidentsPage'), 'IncidentsPage'),
});

const incident = createRoute({
  getParentRoute: () => workspace,
  path: 'incidents/$number',
  validateSearch: readDetailState,
  component: lazyRouteComponent(() => import('../features/incidents/IncidentPage'), 'IncidentPage'),
});

const entities = createRoute({
  getParentRoute: () => workspace,
  path: 'entities',
  validateSearch: readEntitiesState,
  component: lazyRouteComponent(() => import('../features/entities/EntitiesPage'), 'EntitiesPage'),
});

const entity = createRoute({
  getParentRoute: () => workspace,
  path: 'entities/$id',
  component: lazyRouteComponent(() => import('../features/entities/EntityPage'), 'EntityPage'),
});

const logs = createRoute({
  getParentRoute: () => workspace,
  path: 'logs',
  validateSearch: readLogsState,
  component: lazyRouteComponent(() => import('../features/logs/LogsPage'), 'LogsPage'),
});

const connectors = createRoute({
  getParentRoute: () => workspace,
  path: 'connectors',
  component: lazyRouteComponent(() => import('../features/connectors/GalleryPage'), 'GalleryPage'),
});

const connector = createRoute({
  getParentRoute: () => workspace,
  path: 'connectors/$id',
  validateSearch: readConnectorState,
  component: lazyRouteComponent(() => import('../features/connectors/ConnectorPage'), 'ConnectorPage'),
});

const content = createRoute({
  getParentRoute: () => workspace,
  path: 'content',
  component: lazyRouteComponent(() => import('../features/content/ContentPage'), 'ContentPage'),
});

const solution = createRoute({
  getParentRoute: () => workspace,
  path: 'content/$id',
  component: lazyRouteComponent(() => import('../features/content/SolutionPage'), 'SolutionPage'),
});

const hunting = createRoute({
  getParentRoute: () => workspace,
  path: 'hunting',
  component: lazyRouteComponent(() => import('../features/hunting/HuntingPage'), 'HuntingPage'),
});

const workbooks = createRoute({
  getParentRoute: () => workspace,
  path: 'workbooks',
  component: lazyRouteComponent(() => import('../features/workbooks/WorkbooksPage'), 'WorkbooksPage'),
});

const workbook = createRoute({
  getParentRoute: () => workspace,
  path: 'workbooks/$id',
  component: lazyRouteComponent(() => import('../features/workbooks/WorkbookPage'), 'WorkbookPage'),
});

const ueba = createRoute({
  getParentRoute: () => workspace,
  path: 'ueba',
  component: lazyRouteComponent(() => import('../features/ueba/UebaPage'), 'UebaPage'),
});

const analytics = createRoute({
  getParentRoute: () => workspace,
  path: 'analytics',
  validateSearch: readRulesState,
  component: lazyRouteComponent(() => import('../features/rules/RulesPage'), 'RulesPage'),
});

const deadletters = createRoute({
  getParentRoute: () => workspace,
  path: 'deadletters',
  validateSearch: readDeadLettersState,
  component: lazyRouteComponent(() => import('../features/deadletters/DeadLettersPage'), 'DeadLettersPage'),
});

const watchlists = createRoute({
  getParentRoute: () => workspace,
  path: 'watchlists',
  component: lazyRouteComponent(() => import('../features/watchlists/WatchlistsPage'), 'WatchlistsPage'),
});

const tables = createRoute({
  getParentRoute: () => workspace,
  path: 'tables',
  component: lazyRouteComponent(() => import('../features/tables/TablesPage'), 'TablesPage'),
});

const table = createRoute({
  getParentRoute: () => workspace,
  path: 'tables/$name',
  component: lazyRouteComponent(() => import('../features/tables/TablePage'), 'TablePage'),
});

/** The application's router; every page's state is in its address. */
export function createAppRouter() {
  return createRouter({
    routeTree: root.addChildren([
      home,
      workspace.addChildren([
        overview, incidents, incident, entities, entity, hunting, workbooks, workbook, logs, content, solution, connectors, connector, analytics, ueba, tables, table, deadletters, watchlists,
      ]),
      anywhere,
    ]),
    parseSearch: readSearch,
    stringifySearch: writeSearch,
    defaultPreload: 'intent',
    defaultPendingComponent: () => <Loading />,
    defaultErrorComponent: ({ error, reset }) => (
      <ErrorState error={error} retry={reset} title="This page met an error" />
    ),
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
