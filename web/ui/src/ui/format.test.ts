import { formatBytes } from './format';
import { describe, expect, it } from 'vitest';
import { changedKinds, parseEvent } from '../app/liveEvents';
import { readSearch, writeSearch } from '../app/search';
import { difference, families } from '../features/connectors/tableModel';
import type { ConnectorTable } from '../api/types';
import { formatAgo, formatCount, formatDuration, formatNumber, formatShortTime, formatTime, isTime, spaced } from './format';

const now = Date.parse('2026-11-24T12:00:00Z');

describe('formatters', () => {
  it('writes times', () => {
    expect(formatTime('2026-11-24T03:04:05.1234567Z')).toBe('2026-11-24 03:04:05 UTC');
    expect(formatShortTime('2026-01-02T03:04:05Z', now)).toBe('2 Jan 03:04');
    expect(formatShortTime('2025-01-02T03:04:05Z', now)).toBe('2 Jan 2025');
    expect(isTime('0001-01-01T00:00:00Z')).toBe(false);
    expect(formatTime(null)).toBe('–');
  });
  it.each([
    ['2026-11-24T11:59:40Z', 'just now'],
    ['2026-11-24T11:48:00Z', '12 min ago'],
    ['2026-11-24T02:00:00Z', '10 h ago'],
    ['2026-11-20T12:00:00Z', '4 d ago'],
    ['2026-11-24T12:10:00Z', 'in 10 min'],
  ])('says how long ago %s was', (time, want) => expect(formatAgo(time, now)).toBe(want));
  it.each([
    [999, '999'],
    [1000, '1k'],
    [12_345, '12.3k'],
    [999_999, '1M'],
    [4_000_000, '4M'],
  ])('shortens %d', (n, want) => expect(formatCount(n)).toBe(want));
  it('writes numbers, durations, names', () => {
    expect(formatNumber(1234567).replace(/\s/g, ' ')).toBe('1 234 567');
    expect([formatDuration(84), formatDuration(3210), formatDuration(125_000)]).toEqual(['84 ms', '3.2 s', '2:05 min']);
    expect([spaced('SuspiciousActivity'), spaced('InProgress'), spaced('DLPPolicy')]).toEqual(['Suspicious activity', 'In progress', 'DLP policy']);
  });
});

describe('address', () => {
  it('round-trips', () => {
    const values = { status: 'New,Active', q: 'a & b\n| take 1', page: 2, empty: undefined };
    const text = writeSearch(values);
    expect(text).toContain('status=New,Active');
    expect(readSearch(text)).toEqual({ status: 'New,Active', q: 'a & b\n| take 1', page: '2' });
    expect(writeSearch({})).toBe('');
  });
});

describe('live events', () => {
  it('touches what shows the incident and nothing else', () => {
    const event = parseEvent('incident', '{"workspace":"w","number":7}')!;
    expect(changedKinds([event], ['w', 'soc', 'incidents', {}])).toBe(true);
    expect(changedKinds([event], ['w', 'soc', 'incident', 7, 'history'])).toBe(true);
    expect(changedKinds([event], ['w', 'soc', 'incident', 8])).toBe(false);
    expect(changedKinds([event], ['w', 'soc', 'schema'])).toBe(false);
    expect(parseEvent('incident', 'nope')).toBeUndefined();
    expect(parseEvent('later', '{}')).toBeUndefined();
  });
});

describe('connector tables', () => {
  const t = (name: string, family: string, selected: boolean): ConnectorTable => ({ name, family, selected, exported: true, rows: 0 });
  const all = [t('B', 'Zed', true), t('EmailEvents', 'Microsoft Defender for Office 365', false), t('A', 'Microsoft Defender for Endpoint', true)];
  it('groups by product in the portal’s order', () => {
    expect(families(all).map((f) => f.name)).toEqual(['Microsoft Defender for Endpoint', 'Microsoft Defender for Office 365', 'Zed']);
  });
  it('counts what applying would change', () => {
    expect(difference(all, new Set(['EmailEvents', 'A']))).toEqual({ add: 1, remove: 1 });
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1200, '1.2 kB'],
    [999_999, '1 MB'],
    [12_400_000, '12.4 MB'],
    [5e11, '500 GB'],
  ])('%d bytes', (n, text) => expect(formatBytes(n)).toBe(text));
});
