import type { Plan, TableChange, TableItem } from '../../api/tables';

/** What a person fills in for a table; empty days are the default. */
export interface TableForm {
  plan: Plan;
  days: string;
  total: string;
}

/** The form as a table stands; without a table, as the workspace's default stands. */
export function formOf(table: TableItem | undefined, standard: { retentionDays: number; totalRetentionDays: number }): TableForm {
  if (!table) return { plan: 'Analytics', days: String(standard.retentionDays), total: String(standard.totalRetentionDays) };
  return { plan: table.plan, days: table.retentionDefault ? '' : String(table.retentionDays), total: table.totalRetentionDefault ? '' : String(table.totalRetentionDays) };
}

const days = (text: string) => (text.trim() === '' ? null : Number(text));

/** The change between two forms; undefined when there is none. */
export function changeOf(before: TableForm, now: TableForm): TableChange | undefined {
  const change: TableChange = {};
  if (now.plan !== before.plan) change.plan = now.plan;
  // Other plans have a fixed interactive retention.
  if (now.plan === 'Analytics' && now.days.trim() !== before.days) change.retentionDays = days(now.days);
  if (now.total.trim() !== before.total) change.totalRetentionDays = days(now.total);
  return Object.keys(change).length === 0 ? undefined : change;
}

/** Why days cannot be sent; empty when they can. */
export function daysProblem(text: string, most: number): string {
  if (text.trim() === '') return '';
  const n = Number(text);
  return Number.isInteger(n) && n >= 4 && n <= most ? '' : `A whole number from 4 to ${most}`;
}
