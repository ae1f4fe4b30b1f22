import type { ConnectorTable } from '../../api/types';

/** Tables of one product. */
export interface Family {
  name: string;
  tables: ConnectorTable[];
}

const order = ['Microsoft Defender for Endpoint', 'Microsoft Defender for Office 365', 'Microsoft Defender for Identity', 'Microsoft Defender for Cloud Apps', 'Microsoft Defender Alerts'];
const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);

/** Groups tables by product, in the order of the Defender portal, others after them by name. */
export function families(tables: ConnectorTable[]): Family[] {
  const groups = new Map<string, ConnectorTable[]>();
  for (const table of tables) {
    const name = table.new ? 'New tables' : table.family || 'Other';
    groups.set(name, [...(groups.get(name) ?? []), table]);
  }
  return [...groups]
    .map(([name, list]) => ({ name, tables: list.sort((a, b) => a.name.localeCompare(b.name)) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}

/** What applying a choice would change. */
export function difference(tables: ConnectorTable[], chosen: ReadonlySet<string>): { add: number; remove: number } {
  const add = tables.filter((t) => chosen.has(t.name) && !t.selected).length;
  const remove = tables.filter((t) => !chosen.has(t.name) && t.selected).length;
  return { add, remove };
}

/** The names that can be ticked and are: new tables are stored anyway. */
export const ticked = (tables: ConnectorTable[], chosen: ReadonlySet<string>) => [...chosen].filter((name) => !tables.some((t) => t.name === name && t.new)).sort();
