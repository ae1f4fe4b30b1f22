import type { ConnectorCard } from '../../api/types';

/** What a gallery can be narrowed to. */
export const groups = ['Connected', 'Not connected', 'Needs attention'] as const;

const bad = new Set(['degraded', 'error']);

/** Whether a connector belongs to a group; every one belongs to "All". */
export function inGroup(c: Pick<ConnectorCard, 'state'>, group: string): boolean {
  if (group === 'Needs attention') return bad.has(c.state);
  if (group === 'Not connected') return c.state === 'notConnected';
  if (group === 'Connected') return c.state !== 'notConnected' && c.state !== 'error';
  return true;
}

/** Whether a connector's words hold the text. */
export const matches = (c: ConnectorCard, text: string) => `${c.title} ${c.provider} ${c.description} ${(c.categories ?? []).join(' ')}`.toLowerCase().includes(text.trim().toLowerCase());
