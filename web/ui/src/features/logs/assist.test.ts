import { describe, expect, it } from 'vitest';
import { hoverTexts, insertion, notAmong, queryAround, sortKey, writtenName } from './assist';

describe('the query that completion asks about', () => {
  it('is the one the cursor stands in', () => {
    const text = 'A | take 1\n\nB | where ';
    expect(queryAround(text, 4)).toEqual({ text: 'A | take 1', start: 0 });
    expect(queryAround(text, text.length)).toEqual({ text: 'B | where ', start: 12 });
  });
  it('keeps the line that is being begun', () => {
    expect(queryAround('A\n| ', 4)).toEqual({ text: 'A\n| ', start: 0 });
    expect(queryAround('A\n  ', 4)).toEqual({ text: 'A\n  ', start: 0 });
  });
  it('is a new one after a blank line, unless a let statement goes on', () => {
    expect(queryAround('A\n\n', 3)).toEqual({ text: '', start: 3 });
    expect(queryAround('let x = 1;\n\n', 12)).toEqual({ text: 'let x = 1;\n\n', start: 0 });
    expect(queryAround('\n\nA', 0)).toEqual({ text: '', start: 0 });
    expect(queryAround('', 0)).toEqual({ text: '', start: 0 });
  });
});

describe('items', () => {
  it('puts in what a query must write', () => {
    expect(writtenName({ label: 'DeviceName', kind: 'column' })).toBe('DeviceName');
    expect(writtenName({ label: "it's", kind: 'column' })).toBe("['it\\'s']");
    expect(insertion({ label: 'where', kind: 'operator' }, '')).toEqual({ text: 'where ', snippet: false });
    expect(insertion({ label: 'strlen', kind: 'function', detail: 'strlen(text)' }, '')).toEqual({ text: 'strlen($0)', snippet: true });
    expect(insertion({ label: 'strlen', kind: 'function', detail: 'strlen(text)' }, '(')).toEqual({ text: 'strlen', snippet: false });
    expect(insertion({ label: 'pi', kind: 'function', detail: 'pi()' }, '')).toEqual({ text: 'pi()', snippet: false });
  });
  it('stand before those of the language service, in their own order', () => {
    expect([sortKey(10), '00001', sortKey(9)].sort()).toEqual([sortKey(9), sortKey(10), '00001']);
  });
  it('stand once', () => {
    const ours = [{ label: 'count', kind: 'aggregate' }, { label: 'a b', kind: 'column' }, { label: 'where', kind: 'operator' }];
    const theirs = [{ label: 'count()' }, { label: "['a b']" }, { label: 'where' }, { label: 'wherever' }];
    expect(notAmong(theirs, ours)).toEqual([{ label: 'wherever' }]);
    expect(notAmong(theirs, [])).toEqual(theirs);
  });
});

describe('hover', () => {
  it('begins with the server and adds what only the language service knows', () => {
    expect(hoverTexts(['strlen(text) : long', 'function'], '(function) strlen(text)\n* * *\nReturns the length.')).toEqual(['```kusto\nstrlen(text) : long\n```', 'function', 'Returns the length.']);
  });
  it('says nothing twice', () => {
    expect(hoverTexts(['SigninLogs : table', 'Interactive sign-ins.'], '(table) SigninLogs\n* * *\nInteractive sign-ins.')).toEqual(['```kusto\nSigninLogs : table\n```', 'Interactive sign\\-ins\\.']);
  });
  it('is the language service alone where the server knows nothing', () => {
    expect(hoverTexts([], 'x\n* * *\ny')).toEqual(['x', 'y']);
    expect(hoverTexts([], '')).toEqual([]);
  });
});
