import { describe, expect, it } from 'vitest';
import { changedKinds, parseEvent } from './liveEvents';

describe('live events', () => {
  it('reads what it knows and leaves the rest', () => {
    expect(parseEvent('incident', '{"number":17}')).toEqual({ kind: 'incident', number: 17 });
    expect(parseEvent('incident', '{}')).toBeUndefined();
    expect(parseEvent('health', '')).toEqual({ kind: 'health' });
    expect(parseEvent('incident', 'not json')).toBeUndefined();
    expect(parseEvent('weather', '{}')).toBeUndefined();
  });
  it('makes stale what an incident shows on, and nothing else', () => {
    const events = [{ kind: 'incident' as const, number: 17 }];
    expect(changedKinds(events, ['w', 'soc', 'incident', 17, 'history'])).toBe(true);
    expect(changedKinds(events, ['w', 'soc', 'incident', 18])).toBe(false);
    expect(changedKinds(events, ['w', 'soc', 'incidents', {}])).toBe(true);
    expect(changedKinds(events, ['w', 'soc', 'schema'])).toBe(false);
    expect(changedKinds(events, ['session'])).toBe(false);
  });
  it('makes stale what a connection shows on', () => {
    const events = [{ kind: 'connector' as const, id: 'defender-xdr' }];
    for (const kind of ['connectors', 'connector', 'setup', 'rules', 'tables', 'ueba', 'overview']) expect(changedKinds(events, ['w', 'soc', kind])).toBe(true);
    expect(changedKinds(events, ['w', 'soc', 'incidents', {}])).toBe(false);
  });
});
