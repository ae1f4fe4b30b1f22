export const kinds = ['Account', 'Host', 'IP', 'URL', 'File', 'FileHash', 'Process', 'Mailbox', 'MailMessage', 'MailCluster', 'CloudApplication', 'AzureResource', 'RegistryKey', 'SecurityGroup', 'DNS'] as const;

/** The state of the list of entities. */
export interface EntitiesState {
  q?: string;
  kind?: string;
}

/** Reads the address of the list of entities. */
export function readEntitiesState(search: Record<string, unknown>): EntitiesState {
  return {
    q: typeof search.q === 'string' && search.q.trim() !== '' ? search.q : undefined,
    kind: kinds.find((k) => k.toLowerCase() === String(search.kind ?? '').toLowerCase()),
  };
}
