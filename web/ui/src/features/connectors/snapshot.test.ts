import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../api/snapshots';
import { bySnapshotNeed, everyText, snapshotText } from './snapshotModel';

const snapshot = (over: Partial<Snapshot>): Snapshot => ({ table: 'T', kind: 'state', on: true, everySeconds: 86400, state: 'done', problem: '', parts: 0, partsDone: 0, rows: 0, ...over });

describe('snapshots', () => {
  it('tell how they do', () => {
    expect(snapshotText(snapshot({ state: 'waiting' }))).toBe('Not fetched yet');
    expect(snapshotText(snapshot({ state: 'waiting', on: false }))).toBe('Off');
    expect(snapshotText(snapshot({ state: 'running' }))).toBe('Counts the rows');
    expect(snapshotText(snapshot({ state: 'running', parts: 4, partsDone: 1, rows: 50 }))).toBe('1 of 4 parts, 50 rows');
    expect(snapshotText(snapshot({ rows: 1 }))).toBe('1 row');
    expect(snapshotText(snapshot({ state: 'failed', problem: 'Throttled' }))).toBe('Throttled');
  });
  it('tell how often they are made', () => {
    expect(everyText(snapshot({}))).toBe('Every 24 h');
    expect(everyText(snapshot({ on: false }))).toBe('Off');
  });
  it('come with those that failed first', () => {
    const sorted = bySnapshotNeed([snapshot({ table: 'A', state: 'unavailable' }), snapshot({ table: 'C' }), snapshot({ table: 'B' }), snapshot({ table: 'D', state: 'failed' })]);
    expect(sorted.map((s) => s.table)).toEqual(['D', 'B', 'C', 'A']);
  });
});
