import type { LateBucket, TableHealth } from '../../api/intake';
import { formatBytes, formatCount, formatSpan } from '../../ui/format';

/** The bound within which a share of the rows came. */
function within(buckets: LateBucket[], share: number): string {
  const total = buckets.reduce((n, b) => n + b.rows, 0);
  let sum = 0;
  for (const b of buckets) {
    sum += b.rows;
    if (sum >= total * share) return b.upToSeconds === null ? 'longer than 3 d' : `within ${formatSpan(b.upToSeconds * 1000)}`;
  }
  return '';
}

/** How late rows come: half of them, and nineteen of twenty. */
export function lateText(buckets: LateBucket[] | null): string {
  if (!buckets || buckets.every((b) => b.rows === 0)) return '–';
  const half = within(buckets, 0.5);
  const most = within(buckets, 0.95);
  return half === most ? `19 of 20 ${most}` : `half ${half}, 19 of 20 ${most}`;
}

/** How late rows come, how much of the table waits unread, and how long it may. */
export const arrivesText = (t: TableHealth) =>
  [
    lateText(t.lateness),
    t.lagSeconds >= 1 && `now ${formatSpan(t.lagSeconds * 1000)} and ${formatCount(t.lagEvents)} messages behind`,
    t.hoursToLoss !== null && `${formatSpan(t.hoursToLoss * 3_600_000)} until the hub drops unread messages`,
  ]
    .filter(Boolean)
    .join('; ');

/** Events and bytes a minute. */
export const rateText = (t: TableHealth) => (t.eventsPerMinute < 0.5 && t.bytesPerMinute === 0 ? '–' : `${formatCount(Math.round(t.eventsPerMinute))} · ${formatBytes(t.bytesPerMinute)}`);

/** What came and was not stored, and why. */
export const notStoredText = (t: TableHealth) =>
  [
    t.deadLetters > 0 && `${formatCount(t.deadLetters)} dead letter${t.deadLetters === 1 ? '' : 's'}`,
    t.gaps > 0 && `${formatCount(t.gaps)} position${t.gaps === 1 ? '' : 's'} lost`,
    t.duplicates > 0 && `${formatCount(t.duplicates)} duplicate${t.duplicates === 1 ? '' : 's'}`,
    t.dropped > 0 && `${formatCount(t.dropped)} by its transformation`,
  ]
    .filter(Boolean)
    .join(', ') || '–';

/** Tables that something came for, the busiest first. */
export const arriving = (tables: TableHealth[]) =>
  tables.filter((t) => t.lastEvent !== null).sort((a, b) => b.eventsPerMinute - a.eventsPerMinute || a.table.localeCompare(b.table));
