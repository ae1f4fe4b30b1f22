import { describe, expect, it } from 'vitest';
import type { TableHealth } from '../../api/intake';
import { arrivesText, arriving, lateText, notStoredText, rateText } from './arrivalModel';

const table = (over: Partial<TableHealth>): TableHealth => ({ table: 'T', state: 'green', lastEvent: '2020-01-01T00:00:00Z', eventsPerMinute: 0, bytesPerMinute: 0, deadLetters: 0, duplicates: 0, dropped: 0, gaps: 0, lagSeconds: 0, lagEvents: 0, hoursToLoss: null, lateness: [], ...over });

describe('arrival', () => {
  it('tells how late rows come', () => {
    expect(lateText([])).toBe('–');
    expect(lateText([{ upToSeconds: 60, rows: 0 }])).toBe('–');
    expect(lateText([{ upToSeconds: 60, rows: 99 }, { upToSeconds: null, rows: 1 }])).toBe('19 of 20 within 1 min');
    expect(lateText([{ upToSeconds: 60, rows: 50 }, { upToSeconds: 3600, rows: 45 }, { upToSeconds: null, rows: 5 }])).toBe('half within 1 min, 19 of 20 within 1 h');
    expect(lateText([{ upToSeconds: 60, rows: 50 }, { upToSeconds: null, rows: 50 }])).toBe('half within 1 min, 19 of 20 longer than 3 d');
  });
  it('tells what waits unread, and until when it may', () => {
    expect(arrivesText(table({}))).toBe('–');
    expect(arrivesText(table({ lagSeconds: 7200, lagEvents: 1500, hoursToLoss: 5 }))).toBe('–; now 2 h and 1.5k messages behind; 5 h until the hub drops unread messages');
  });
  it('shows the busiest tables first, and none that nothing came for', () => {
    const list = arriving([table({ table: 'A', eventsPerMinute: 1 }), table({ table: 'B', eventsPerMinute: 9 }), table({ table: 'C', lastEvent: null })]);
    expect(list.map((t) => t.table)).toEqual(['B', 'A']);
  });

  it('tells rate and what is left out in few words', () => {
    expect([rateText(table({})), notStoredText(table({}))]).toEqual(['–', '–']);
    const busy = table({ eventsPerMinute: 1234.4, bytesPerMinute: 2_000_000, duplicates: 1, dropped: 3000, deadLetters: 2, gaps: 1 });
    expect([rateText(busy), notStoredText(busy)]).toEqual(['1.2k · 2 MB', '2 dead letters, 1 position lost, 1 duplicate, 3k by its transformation']);
  });
});
