import { describe, expect, it } from 'vitest';
import type { Watchlist } from '../../api/watchlists';
import { aliasOf, headings, outcomeText, watchlistQuery } from './words';

describe('a file', () => {
  it('names its columns in the first line', () => {
    expect(headings('\uFEFFHost,Owner\r\nsrv-1,Ana')).toEqual(['Host', 'Owner']);
    expect(headings('"Host, full","a ""b"""')).toEqual(['Host, full', 'a "b"']);
    expect(headings('')).toEqual([]);
  });
  it('suggests an alias', () => {
    expect(aliasOf('High value assets.csv')).toBe('High-value-assets');
    expect(aliasOf('_x.csv')).toBe('x');
  });
});

describe('words', () => {
  const watchlist = { alias: 'Assets', items: 2 } as Watchlist;
  it('tell the lines that were left out', () => {
    expect(outcomeText({ watchlist, problems: null })).toBe('Assets has 2 items.');
    expect(outcomeText({ watchlist, problems: [{ line: 3, message: 'it has 1 fields' }] })).toBe('Assets has 2 items. 1 line left out: line 3: it has 1 fields');
  });
  it('keep an alias a constant', () => {
    expect(watchlistQuery("a'b")).toBe("_GetWatchlist('a\\'b')\n| take 100");
  });
});
