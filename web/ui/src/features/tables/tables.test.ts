import { describe, expect, it } from 'vitest';
import type { TableItem } from '../../api/tables';
import { daysChart } from './daysChart';
import { changeOf, daysProblem, formOf } from './form';

const standard = { retentionDays: 90, totalRetentionDays: 180 };
const table = { name: 'T', plan: 'Analytics', retentionDays: 90, retentionDefault: true, totalRetentionDays: 365, totalRetentionDefault: false } as TableItem;

describe('table form', () => {
  it('shows a default as empty and sends null to go back to it', () => {
    const before = formOf(table, standard);
    expect(before).toEqual({ plan: 'Analytics', days: '', total: '365' });
    expect(changeOf(before, { ...before, total: '' })).toEqual({ totalRetentionDays: null });
    expect(changeOf(before, { ...before, days: '30' })).toEqual({ retentionDays: 30 });
    expect(changeOf(before, before)).toBeUndefined();
  });
  it('leaves the interactive retention of other plans alone', () => {
    const before = formOf(table, standard);
    expect(changeOf(before, { ...before, plan: 'Basic', days: '10' })).toEqual({ plan: 'Basic' });
  });
  it('is the default without a table', () => {
    expect(formOf(undefined, standard)).toEqual({ plan: 'Analytics', days: '90', total: '180' });
  });
  it('refuses days nobody can keep', () => {
    expect(daysProblem('3', 730)).toMatch(/4 to 730/);
    expect(daysProblem('4.5', 730)).toMatch(/whole/);
    expect(daysProblem('', 730)).toBe('');
    expect(daysProblem('730', 730)).toBe('');
  });
});

describe('rows by day', () => {
  it('counts both tiers in order of days', () => {
    const chart = daysChart([
      { day: '2026-01-02', rows: 1, bytes: 0, coldRows: 2 },
      { day: '2026-01-01', rows: 5, bytes: 0, coldRows: 0 },
    ]);
    expect(chart?.categories).toEqual(['2026-01-01', '2026-01-02']);
    expect(chart?.series[0].points.map((p) => p.y)).toEqual([5, 3]);
    expect(daysChart([])).toBeUndefined();
  });
});
