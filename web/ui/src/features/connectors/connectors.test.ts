import { describe, expect, it } from 'vitest';
import type { ConnectorCard, ConnectorTable } from '../../api/types';
import { inGroup, matches } from './galleryModel';
import { receivedChart } from './receivedModel';
import { difference, families, ticked } from './tableModel';

const table = (name: string, family: string, selected = false) => ({ name, family, selected, exported: null, rows: 0 }) as ConnectorTable;

describe('connectors', () => {
  it('groups by state', () => {
    expect(inGroup({ state: 'connectedThroughXDR' }, 'Connected')).toBe(true);
    expect(inGroup({ state: 'error' }, 'Connected')).toBe(false);
    expect(inGroup({ state: 'degraded' }, 'Needs attention')).toBe(true);
    expect(inGroup({ state: 'notConnected' }, 'Not connected')).toBe(true);
  });
  it('searches title, provider, description and categories', () => {
    const card = { title: 'Microsoft Defender XDR', provider: 'Microsoft', description: 'd', categories: ['Identity'] } as ConnectorCard;
    expect(matches(card, ' identity')).toBe(true);
    expect(matches(card, 'linux')).toBe(false);
  });
  it('adds the hunting tables up to one line', () => {
    const at = '2026-01-01T00:00:00Z';
    const chart = receivedChart([
      { table: 'SecurityIncident', points: [{ time: at, rows: 2 }] },
      { table: 'DeviceEvents', points: [{ time: at, rows: 3 }] },
      { table: 'EmailEvents', points: [{ time: at, rows: 4 }] },
    ]);
    expect(chart?.series.map((s) => [s.name, s.points[0].y])).toEqual([
      ['Incidents', 2],
      ['Events', 7],
    ]);
    expect(receivedChart([])).toBeUndefined();
  });
  it('groups tables by product and counts a choice', () => {
    const list = [table('B', 'Microsoft Defender for Identity', true), table('A', 'Microsoft Defender for Endpoint'), table('C', '')];
    expect(families(list).map((f) => f.name)).toEqual(['Microsoft Defender for Endpoint', 'Microsoft Defender for Identity', 'Other']);
    expect(difference(list, new Set(['A']))).toEqual({ add: 1, remove: 1 });
  });
});

describe('new tables', () => {
  it('stand by themselves and are not ticked', () => {
    const fresh = { ...table('Fresh', '', true), new: true };
    expect(families([fresh, table('AlertInfo', 'Microsoft Defender Alerts', true)]).map((f) => f.name)).toEqual(['Microsoft Defender Alerts', 'New tables']);
    expect(ticked([fresh, table('AlertInfo', 'Microsoft Defender Alerts', true)], new Set(['Fresh', 'AlertInfo']))).toEqual(['AlertInfo']);
  });
});
