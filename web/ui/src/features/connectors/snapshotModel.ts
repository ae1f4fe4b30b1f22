import type { Snapshot } from '../../api/snapshots';
import { formatSpan, plural } from '../../ui/format';

/** How the fetching of a table does, in words. */
export function snapshotText(s: Snapshot): string {
  const rows = plural(s.rows, 'row');
  switch (s.state) {
    case 'waiting':
      return s.on ? 'Not fetched yet' : 'Off';
    case 'running':
      return s.parts === 0 ? 'Counts the rows' : `${s.partsDone} of ${plural(s.parts, 'part')}, ${rows}`;
    case 'done':
      return rows;
    case 'unavailable':
      return 'The tenant does not have this table';
    default:
      return s.problem || 'The last run did not end';
  }
}

/** How often a table is fetched. */
export const everyText = (s: Snapshot) => (s.on ? `Every ${formatSpan(s.everySeconds * 1000)}` : 'Off');

const order = ['failed', 'running', 'done', 'waiting', 'unavailable'];

/** Tables that need somebody first, those that the tenant does not have last. */
export const bySnapshotNeed = (list: Snapshot[]) => [...list].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.table.localeCompare(b.table));
