import { parameters } from './functionSchema';
import { describe, expect, it } from 'vitest';
import type { ResultTable } from '../../api/types';
import { valueRange } from '../../ui/chart/chartLayout';
import { buildChart, chartKind, ticks, timeTicks } from '../../ui/chart/chartModel';
import { cellText } from '../../ui/cells';
import { addCondition, kqlLiteral, nextGridSort, prettyText, sortedOrder, toCsv, toJson } from './gridModel';
import { remember } from './history';
import { statementAt, statements, utf16Offset } from './statements';
import { parseInterval, readTime, setsOwnTime, timeLabel } from './timeRange';

const table = (columns: [string, string][], rows: unknown[][]): ResultTable => ({ name: 'T', columns: columns.map(([name, type]) => ({ name, type })), rows });

describe('time range', () => {
  it('falls back when it makes no sense', () => {
    expect(readTime('PT4H')).toBe('PT4H');
    expect(readTime('P1DT2H')).toBe('P1DT2H');
    expect(readTime('P')).toBe('PT24H');
    expect(readTime('PT')).toBe('PT24H');
    expect(readTime('yesterday')).toBe('PT24H');
    expect(readTime('2026-01-02T00:00:00Z/2026-01-01T00:00:00Z')).toBe('PT24H');
  });
  it('reads and names intervals', () => {
    const text = '2026-01-01T00:00:00Z/2026-01-02T06:30:00Z';
    expect(parseInterval(text)?.to.toISOString()).toBe('2026-01-02T06:30:00.000Z');
    expect(timeLabel(text)).toBe('2026-01-01 00:00 – 2026-01-02 06:30 UTC');
    expect(timeLabel('P7D')).toBe('Last 7 days');
  });
  it('sees when the query sets the time itself', () => {
    expect(setsOwnTime('T | where TimeGenerated > ago(1h)')).toBe(true);
    expect(setsOwnTime('T | where A == 1 and Timestamp between (ago(2d) .. now())')).toBe(true);
    expect(setsOwnTime('T | summarize count() by bin(TimeGenerated, 1h)')).toBe(false);
    expect(setsOwnTime('T // | where TimeGenerated > ago(1h)')).toBe(false);
    expect(setsOwnTime('T | where A == "| where TimeGenerated > x"')).toBe(false);
  });
});

describe('statements', () => {
  it('splits at blank lines, keeping lets and continued pipes together', () => {
    const text = 'A\n| take 1\n\nlet x = 1;\n\nB\n\n| where y == x\n\n\nC';
    expect(statements(text).map((p) => p.text)).toEqual(['A\n| take 1', 'let x = 1;\n\nB\n\n| where y == x', 'C']);
  });
  it('finds the query at the cursor', () => {
    const text = 'A | take 1\n\nB | take 2\n';
    expect(statementAt(text, 3).text).toBe('A | take 1');
    expect(statementAt(text, 14).text).toBe('B | take 2');
    expect(statementAt(text, text.length).text).toBe('B | take 2');
    expect(statementAt('', 0).text).toBe('');
  });
  it('handles CRLF', () => {
    expect(statements('A\r\n| take 1\r\n\r\nB').map((p) => p.text)).toEqual(['A\r\n| take 1', 'B']);
  });
  it('turns byte offsets into editor offsets', () => {
    expect(utf16Offset('aé𐍈z', 1)).toBe(1);
    expect(utf16Offset('aé𐍈z', 3)).toBe(2);
    expect(utf16Offset('aé𐍈z', 7)).toBe(4);
    expect(utf16Offset('ab', 99)).toBe(2);
  });
});

describe('grid model', () => {
  const t = table([['n', 'long'], ['s', 'string'], ['t', 'datetime']], [
    [10, 'b', '2026-01-01T00:00:00.1000000Z'],
    [9, 'a"x', '2026-01-02T00:00:00.0000000Z'],
    [null, '', null],
    ['9007199254740993', 'c', '2025-01-01T00:00:00.0000000Z'],
    ['9007199254740992', 'C10', '2025-01-01T00:00:00.0000001Z'],
  ]);
  it('sorts exactly, with empty cells last both ways', () => {
    expect([...sortedOrder(t, { column: 0, descending: false })]).toEqual([1, 0, 4, 3, 2]);
    expect([...sortedOrder(t, { column: 0, descending: true })]).toEqual([3, 4, 0, 1, 2]);
    expect([...sortedOrder(t, { column: 2, descending: false })]).toEqual([3, 4, 0, 1, 2]);
    expect([...sortedOrder(t, undefined)]).toEqual([0, 1, 2, 3, 4]);
  });
  it('cycles the sort of a column', () => {
    expect(nextGridSort(undefined, 1)).toEqual({ column: 1, descending: false });
    expect(nextGridSort({ column: 1, descending: false }, 1)).toEqual({ column: 1, descending: true });
    expect(nextGridSort({ column: 1, descending: true }, 1)).toBeUndefined();
  });
  it('writes cells', () => {
    expect(cellText('2026-01-01T10:00:00.0000000Z', 'datetime')).toBe('2026-01-01 10:00:00');
    expect(cellText('2026-01-01T10:00:00.1200000Z', 'datetime')).toBe('2026-01-01 10:00:00.12');
    expect(cellText({ a: 1 }, 'dynamic')).toBe('{"a":1}');
    expect(prettyText('{"a":1}', 'dynamic')).toBe('{\n  "a": 1\n}');
    expect(prettyText('{"a":638000000000000001}', 'dynamic')).toBe('{"a":638000000000000001}');
  });
  it('exports what is shown', () => {
    const order = Uint32Array.from([1]);
    expect(toCsv(t, order)).toBe('n,s,t\r\n9,"a""x",2026-01-02T00:00:00.0000000Z\r\n');
    expect(JSON.parse(toJson(t, order))).toEqual([{ n: 9, s: 'a"x', t: '2026-01-02T00:00:00.0000000Z' }]);
  });
  it('makes conditions', () => {
    expect(kqlLiteral('a"b\\', 'string')).toBe('"a\\"b\\\\"');
    expect(kqlLiteral({ a: 1 }, 'dynamic')).toBeUndefined();
    expect(addCondition('T\n| render timechart', 'A', '1', true)).toBe('T\n| where A == 1\n| render timechart');
    expect(addCondition('T;', 'a b', '1', false)).toBe("T\n| where ['a b'] != 1");
  });
});

describe('chart model', () => {
  it('splits a time chart by text columns', () => {
    const c = buildChart(table([['TimeGenerated', 'datetime'], ['A', 'string'], ['count_', 'long']], [
      ['2026-01-01T01:00:00Z', 'x', 2],
      ['2026-01-01T00:00:00Z', 'x', 1],
      ['2026-01-01T00:00:00Z', 'y', null],
    ]), 'timechart');
    if (typeof c === 'string') throw new Error(c);
    expect(c.series.map((s) => s.name)).toEqual(['x', 'y']);
    expect(c.series[0].points.map((p) => p.y)).toEqual([1, 2]);
    expect(c.series[1].points[0].y).toBeNull();
  });
  it('says what is missing', () => {
    expect(buildChart(table([['a', 'string']], [['x']]), 'columnchart')).toMatch(/numbers/);
    expect(buildChart(table([['a', 'string'], ['n', 'long']], [['x', 1]]), 'timechart')).toMatch(/datetime/);
    expect(buildChart(table([['a', 'string'], ['n', 'long']], []), 'columnchart')).toMatch(/no rows/);
  });
  it('honours the properties of render', () => {
    const c = buildChart(table([['a', 'string'], ['b', 'string'], ['m', 'long'], ['n', 'long']], [['x', 'p', 1, 5]]), 'columnchart', { XColumn: 'b', ycolumns: ['n'], series: 'a', title: 'Hello' });
    if (typeof c === 'string') throw new Error(c);
    expect([c.categories, c.series[0].name, c.series[0].points[0].y, c.title]).toEqual([['p'], 'x', 5, 'Hello']);
  });
  it('adds stacks up', () => {
    const c = buildChart(table([['a', 'string'], ['b', 'string'], ['n', 'long']], [['x', 'p', 3], ['x', 'q', 4]]), 'columnchart');
    if (typeof c === 'string') throw new Error(c);
    expect(valueRange(c)).toEqual([0, 7]);
  });
  it('knows the kinds and makes round ticks', () => {
    expect(chartKind('TimeChart')).toBe('timechart');
    expect(chartKind('table')).toBeUndefined();
    expect(ticks(0, 97)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(5, 5)).toEqual([5, 6]);
    expect(timeTicks(0, 3_600_000 * 6, 6)).toEqual([0, 1, 2, 3, 4, 5, 6].map((h) => h * 3_600_000));
  });
});

describe('history', () => {
  it('moves a repeated query up', () => {
    const a = { query: 'A', time: 'P7D', at: 1 };
    expect(remember([{ query: 'B', time: 'P7D', at: 2 }, a], { ...a, at: 3 }).map((e) => [e.query, e.at])).toEqual([['A', 3], ['B', 2]]);
  });
});

describe('parameters of functions', () => {
  it('reads types and defaults', () => {
    expect(parameters('lookback:timespan=7d, text: string = "a,b", n:long')).toEqual([
      { name: 'lookback', type: 'timespan', defaultValue: '7d' },
      { name: 'text', type: 'string', defaultValue: '"a,b"' },
      { name: 'n', type: 'long' },
    ]);
  });
  it('reads tables, and nothing from nothing', () => {
    expect(parameters('T:(Id:string, N:long), U:(*)')).toEqual([
      { name: 'T', columns: [{ name: 'Id', type: 'string' }, { name: 'N', type: 'long' }] },
      { name: 'U', columns: [] },
    ]);
    expect(parameters('')).toEqual([]);
    expect(parameters(undefined)).toEqual([]);
  });
});
