import type { Backfill, MissingRange, TableCompleteness } from '../../api/completeness';
import { formatNumber, formatShortTime, formatSpan, plural } from '../../ui/format';

/** What a table's state says. */
export function stateText(t: TableCompleteness): string {
  if (t.state === 'missing') return `${plural(t.missing, 'row')} missing`;
  if (t.state === 'extra') return `${plural(t.extra, 'row')} more than the tenant counts`;
  if (t.state === 'filtered') return 'Rows are dropped by its transformation';
  return t.state === 'complete' ? 'Complete' : 'Not compared yet';
}

/** A run of hours and how it differs. */
export function rangeText(r: MissingRange): string {
  const what = [r.missing > 0 && `${formatNumber(r.missing)} missing`, r.extra > 0 && `${formatNumber(r.extra)} more`].filter(Boolean).join(', ');
  return `${formatShortTime(r.from)} – ${formatShortTime(r.to)} UTC: ${what}`;
}

/** Whether a backfill still has something to do. */
export const active = (b: Backfill | undefined) => b?.state === 'waiting' || b?.state === 'running';

/** How a backfill does, in words. */
export function backfillText(b: Backfill): string {
  const rows = `${plural(b.rows, 'row')} fetched`;
  switch (b.state) {
    case 'offered':
      return '30 days can be fetched';
    case 'waiting':
      return 'Waits in line';
    case 'running':
      if (b.hours === 0) return 'Counts what is missing';
      return `${b.hoursDone} of ${plural(b.hours, 'hour')}, ${rows}${b.secondsLeft === null ? '' : `, about ${formatSpan(b.secondsLeft * 1000)} left`}`;
    case 'done':
      return `Done, ${rows}`;
    case 'stopped':
      return `Stopped, ${rows}`;
    default:
      return `${b.problem || 'Some hours could not be fetched'}; ${rows}`;
  }
}

const order = ['missing', 'extra', 'unchecked', 'filtered', 'complete'];

/** Tables that need somebody first, the greatest gap first. */
export const byNeed = (tables: TableCompleteness[]) =>
  [...tables].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.missing - a.missing || a.table.localeCompare(b.table));
