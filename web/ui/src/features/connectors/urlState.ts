export const connectorTabs = ['instructions', 'completeness', 'originals', 'next'] as const;
export type ConnectorTab = (typeof connectorTabs)[number];

/** The state of a connector's page. */
export interface ConnectorState {
  tab?: ConnectorTab;
}

/** Reads the address of a connector's page. */
export function readConnectorState(search: Record<string, unknown>): ConnectorState {
  return { tab: connectorTabs.find((tab) => tab === search.tab && tab !== 'instructions') };
}
