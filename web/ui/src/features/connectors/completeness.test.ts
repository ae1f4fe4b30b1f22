import { describe, expect, it } from 'vitest';
import type { Backfill, TableCompleteness } from '../../api/completeness';
import { active, backfillText, byNeed, rangeText, stateText } from './completenessModel';

const table = (over: Partial<TableCompleteness>): TableCompleteness => ({ table: 'T', state: 'complete', problem: '', hours: 3, tenantRows: 9, storedRows: 9, missing: 0, extra: 0, checked: null, ranges: [], ...over });
const job = (over: Partial<Backfill>): Backfill => ({ table: 'T', from: '', to: '', state: 'running', problem: '', hours: 0, hoursDone: 0, rows: 0, actor: 'maya', updated: '', secondsLeft: null, ...over });

describe('completeness', () => {
  it('says what a table lacks', () => {
    expect(stateText(table({ state: 'missing', missing: 1 }))).toBe('1 row missing');
    expect(stateText(table({ state: 'extra', extra: 2 }))).toBe('2 rows more than the tenant counts');
    expect(stateText(table({ state: 'unchecked' }))).toBe('Not compared yet');
    expect(stateText(table({}))).toBe('Complete');
  });
  it('names a run of hours', () => {
    expect(rangeText({ from: '2020-01-01T01:00:00Z', to: '2020-01-01T03:00:00Z', missing: 12345, extra: 0 })).toMatch(/^1 Jan 2020 .*: 12 345 missing$/);
  });
  it('puts those that need somebody first', () => {
    const sorted = byNeed([table({ table: 'A' }), table({ table: 'B', state: 'unchecked' }), table({ table: 'C', state: 'missing', missing: 1 }), table({ table: 'D', state: 'missing', missing: 5 })]);
    expect(sorted.map((t) => t.table)).toEqual(['D', 'C', 'B', 'A']);
  });
});

describe('backfill', () => {
  it('tells its progress', () => {
    expect(backfillText(job({}))).toBe('Counts what is missing');
    expect(backfillText(job({ state: 'offered' }))).toBe('30 days can be fetched');
    expect(backfillText(job({ hours: 8, hoursDone: 2, rows: 40, secondsLeft: 120 }))).toBe('2 of 8 hours, 40 rows fetched, about 2 min left');
    expect(backfillText(job({ state: 'done', rows: 1 }))).toBe('Done, 1 row fetched');
    expect(backfillText(job({ state: 'failed', problem: 'The tenant did not answer' }))).toBe('The tenant did not answer; 0 rows fetched');
  });
  it('is active until it ends', () => {
    expect([active(job({ state: 'waiting' })), active(job({})), active(job({ state: 'done' })), active(undefined)]).toEqual([true, true, false, false]);
  });
});
