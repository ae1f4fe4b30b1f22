import { expect, test } from 'vitest';
import type { Kept, Replay } from '../../api/originals';
import { byTable, changeOf, changes, daysProblem, formOf, replayText, requestOf, roomProblem } from './originalsModel';

const kept: Kept = { days: 3, maxBytes: 20e9, files: 2, bytes: 5e6, from: '2026-07-16T12:00:00Z' };
const off: Kept = { days: 0, maxBytes: 0, files: 0, bytes: 0 };

test('the form says what is kept, or what is usual', () => {
  expect(formOf(kept)).toEqual({ days: '3', gigabytes: '20' });
  expect(formOf(off)).toEqual({ days: '3', gigabytes: '10' });
  expect(changes(formOf(kept), kept)).toBe(false);
  expect(changes(formOf(off), off)).toBe(true);
  expect(changeOf({ days: '5', gigabytes: '0.5' })).toEqual({ days: 5, maxBytes: 5e8 });
  expect(['0', '1', '4383', '4384', 'x', ''].map((t) => daysProblem(t) === '')).toEqual([false, true, true, false, false, false]);
  expect(['0.2', '0.3', '10', '-1', ''].map((t) => roomProblem(t) === '')).toEqual([false, true, true, false, false]);
});

test('a request tells the span in UTC, or what is wrong', () => {
  const now = Date.parse('2026-07-18T12:00:00Z');
  const form = { span: '6', from: '', to: '', table: '' } as const;
  expect(requestOf(form, kept, true, now)).toEqual({ from: '2026-07-18T06:00:00.000Z', tables: [], preview: true });
  expect(requestOf({ ...form, span: 'all', table: 'AlertInfo' }, kept, false, now)).toEqual({ from: kept.from, tables: ['AlertInfo'], preview: false });
  expect(requestOf({ ...form, span: 'between' }, kept, true, now)).toMatch(/from when on/);
  expect(requestOf({ ...form, span: 'between', from: '2026-07-18T10:00', to: '2026-07-18T09:00' }, kept, true, now)).toMatch(/after the beginning/);
  expect(requestOf({ ...form, span: 'between', from: '2026-07-18T10:00', to: '2026-07-18T11:30' }, kept, true, now)).toEqual({
    from: '2026-07-18T10:00:00.000Z',
    to: '2026-07-18T11:30:00.000Z',
    tables: [],
    preview: true,
  });
});

test('a replay and its preview are told apart', () => {
  const r: Replay = { state: 'running', preview: true, from: '2026-07-18T12:00:00Z', to: '2026-07-18T13:00:00Z', tables: [], actor: 'ann', share: 0.42, messages: 7, known: 2, rows: 5, byTable: { B: 1, A: 4, C: 4 } };
  expect(replayText(r)).toMatch(/^Preview of .* into the connected tables: 42 %, 7 messages read, 5 rows would be stored, 2 are stored already\.$/);
  expect(replayText({ ...r, preview: false, state: 'done', tables: ['AlertInfo'] })).toMatch(/^Replay of .* into AlertInfo: 7 messages read, 5 rows stored, 2 were stored before\.$/);
  expect(replayText({ ...r, state: 'failed', problem: 'damaged' })).toContain('failed: damaged');
  expect(byTable(r).map((x) => x.table)).toEqual(['A', 'C', 'B']);
});
