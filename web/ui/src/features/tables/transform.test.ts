import { describe, expect, it } from 'vitest';
import { doneText, previewText } from './transformModel';

describe('transformation', () => {
  it('tells what it would do', () => {
    expect(previewText({ in: 0, out: 0, dropped: 0, added: [], removed: [], from: 'stored' })).toBe('No rows came in lately; it cannot be tried.');
    expect(previewText({ in: 200, out: 150, dropped: 50, added: [], removed: [], from: 'live' })).toBe('Of the 200 newest rows as they came in, 150 would be stored and 50 dropped.');
    expect(previewText({ in: 3, out: 3, dropped: 0, added: [], removed: [], from: 'stored' })).toBe('Of the 3 newest stored rows, 3 would be stored and 0 dropped.');
  });
  it('tells what it did', () => {
    expect(doneText({ table: 'T', query: 'source', changedBy: 'maya', stored24h: 1, dropped24h: 12 })).toBe('In the last 24 hours 1 row stored, 12 dropped.');
  });
});
