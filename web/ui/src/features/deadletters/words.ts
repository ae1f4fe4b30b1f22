import type { DeadLetterFilter, DeadLetterGroup, ReplayOutcome } from '../../api/deadletters';
import { plural, spaced } from '../../ui/format';

/** The state of the page as it stands in the address. */
export interface DeadLettersState extends DeadLetterFilter {
  /** "yes" lists those that were stored later, too. */
  replayed?: string;
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** Reads the address of the page. */
export function readDeadLettersState(search: Record<string, unknown>): DeadLettersState {
  return { source: text(search.source), table: text(search.table), reason: text(search.reason), replayed: search.replayed === 'yes' ? 'yes' : undefined };
}

const reasons: Record<string, string> = {
  notJSON: 'Not JSON',
  truncated: 'Ends in the middle',
  empty: 'Empty message',
  encoding: 'Not UTF-8',
  noRecords: 'Neither a record nor a list of records',
  notARecord: 'Not a record',
  unknownKind: 'Unknown kind of event',
  badTableName: 'Table name is not allowed',
  reservedTable: 'Table is written by Vedette itself',
  tooManyTables: 'No room for another table',
  tooManyColumns: 'Too many properties',
  noTime: 'No usable time',
  tooLarge: 'Larger than the limit',
  panicked: 'The decoder failed',
};

/** Why a record was refused, in words. */
export const reasonText = (reason: string) => reasons[reason] ?? spaced(reason.charAt(0).toUpperCase() + reason.slice(1));

/** Letters that wait, over groups. */
export const waiting = (groups: DeadLetterGroup[]) => groups.reduce((n, g) => n + g.letters - g.replayed, 0);

/** What a replay did, in one sentence. */
export function outcomeText(o: ReplayOutcome): string {
  const stored = `${plural(o.stored, 'record')} became ${plural(o.rows, 'row')}`;
  const stay = o.stay > 0 ? `; ${plural(o.stay, 'record')} cannot be stored yet${o.cut > 0 ? `, ${o.cut} of them because only the beginning was kept` : ''}` : '';
  return `${stored}${stay}.`;
}

/** Joins the outcome of a call to those before it; each call looks again at what stays. */
export const addOutcome = (before: ReplayOutcome | undefined, o: ReplayOutcome): ReplayOutcome => (before ? { ...o, stored: before.stored + o.stored, rows: before.rows + o.rows } : o);
