import { describe, expect, it } from 'vitest';
import { facts } from './facts';
import { readEntitiesState } from './urlState';

describe('entities', () => {
  it('keeps what people can read', () => {
    expect(facts({ $id: '3', Type: 'host', HostName: 'FIN-1', OnBoarded: true, Rank: 2, Tags: ['a'], Host: { $ref: '2' }, Empty: '' })).toEqual([
      ['HostName', 'FIN-1'],
      ['OnBoarded', 'true'],
      ['Rank', '2'],
    ]);
    expect(facts(undefined)).toEqual([]);
  });
  it('reads its address', () => {
    expect(readEntitiesState({ kind: 'host', q: ' ' })).toEqual({ kind: 'Host', q: undefined });
    expect(readEntitiesState({ kind: 'nope', q: 'x' })).toEqual({ kind: undefined, q: 'x' });
  });
});
