import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import type { Amount, TableChanged } from '../../api/tables';
import { formatBytes, formatShortTime, isTime, plural } from '../../ui/format';

const amount = (a: Amount) => `${plural(a.rows, 'row')} (${formatBytes(a.bytes)})`;

/** What a change of retention does to the rows that are there. */
export function Effects({ changed: c }: { changed: TableChanged }) {
  const lines = [
    c.frees.rows > 0 && `${amount(c.frees)} will be deleted${isTime(c.frees.at) ? ` from ${formatShortTime(c.frees.at)} on; until then the change can be undone` : ''}.`,
    c.cools.rows > 0 && `${amount(c.cools)} leave ordinary queries and are found by search and restore.`,
    c.warms.rows > 0 && `${amount(c.warms)} come back into ordinary queries.`,
    isTime(c.heldUntil) && `The retention of ${c.heldDays} days from before holds on until ${formatShortTime(c.heldUntil)}.`,
  ].filter((l): l is string => Boolean(l));
  return (
    <MessageBar intent={c.frees.rows > 0 ? 'warning' : 'info'} layout="multiline">
      <MessageBarBody>
        <span role="status">{lines.length === 0 ? 'No rows that are there now are affected.' : lines.join(' ')}</span>
      </MessageBarBody>
    </MessageBar>
  );
}
