import type { WatchlistOutcome } from '../../api/watchlists';
import { plural } from '../../ui/format';

/** The columns that the first line of a CSV text names; quotes around a name are taken off. */
export function headings(text: string): string[] {
  const line = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0];
  if (line.trim() === '') return [];
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quoted && c === '"' && line[i + 1] === '"') {
      name += c;
      i++;
    } else if (c === '"') quoted = !quoted;
    else if (c === ',' && !quoted) {
      names.push(name.trim());
      name = '';
    } else name += c;
  }
  names.push(name.trim());
  return names.filter((n) => n !== '');
}

/** The alias that a file's name suggests. */
export const aliasOf = (file: string) => file.replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, 64);

/** What an upload did, for people. */
export function outcomeText(o: WatchlistOutcome): string {
  const problems = o.problems ?? [];
  const has = `${o.watchlist.alias} has ${plural(o.watchlist.items, 'item')}.`;
  if (problems.length === 0) return has;
  const first = problems.slice(0, 3).map((p) => `line ${p.line}: ${p.message}`).join('; ');
  return `${has} ${plural(problems.length, 'line')} left out: ${first}${problems.length > 3 ? '; ...' : ''}`;
}

/** A query for a list's items. */
export const watchlistQuery = (alias: string) => `_GetWatchlist('${alias.replace(/[\\']/g, '\\$&')}')\n| take 100`;
