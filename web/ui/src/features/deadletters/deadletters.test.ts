import { describe, expect, it } from 'vitest';
import { addOutcome, outcomeText, readDeadLettersState, reasonText, waiting } from './words';

const outcome = { letters: 5, stored: 2, rows: 3, stay: 0, cut: 0, more: false, trouble: [] };

describe('dead letters', () => {
  it('reads only what makes sense from the address', () => {
    expect(readDeadLettersState({ source: 'hub', table: '', reason: 7, replayed: 'yes', other: 'x' })).toEqual({ source: 'hub', replayed: 'yes' });
    expect(readDeadLettersState({ replayed: 'true' })).toEqual({});
  });
  it('names reasons, also those that are new to it', () => {
    expect(reasonText('notJSON')).toBe('Not JSON');
    expect(reasonText('somethingElse')).toBe('Something else');
  });
  it('counts those that wait', () => {
    const group = { source: 'hub', table: 'T', reason: 'noTime', bytes: 1 };
    expect(waiting([{ ...group, letters: 5, replayed: 2 }, { ...group, letters: 1, replayed: 1 }])).toBe(3);
    expect(waiting([])).toBe(0);
  });
  it('tells what a replay did', () => {
    expect(outcomeText(outcome)).toBe('2 records became 3 rows.');
    expect(outcomeText({ ...outcome, stored: 1, rows: 1, stay: 4, cut: 1 })).toBe('1 record became 1 row; 4 records cannot be stored yet, 1 of them because only the beginning was kept.');
  });
  it('adds what several calls stored, and counts once what stays', () => {
    expect(addOutcome({ ...outcome, stay: 4, more: true }, { ...outcome, stored: 1, rows: 1, stay: 4 })).toMatchObject({ stored: 3, rows: 4, stay: 4, more: false });
    expect(addOutcome(undefined, outcome)).toEqual(outcome);
  });
});
