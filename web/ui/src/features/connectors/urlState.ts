export const connectorTabs = ['instructions', 'completeness', 'next'] as const;
export type ConnectorTab = (typeof connectorTabs)[number];

/** The state of a connector's page. */
export interface ConnectorState {
  tab?: ConnectorTab;
}

/** Reads the address of a connector's page. */
export function readConnectorState(search: Record<string, unknown>): ConnectorState {
  return { tab: search.tab === 'next' || search.tab === 'completeness' ? search.tab : undefined };
}
