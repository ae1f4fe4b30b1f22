import { describe, expect, it } from 'vitest';
import type { Activity, Incident } from '../../api/types';
import { activityText, mergeStream } from './activityStream';
import { isFiltered, nextSort, readDetailState, readListState, toFilter } from './urlState';
import { applyChange } from './useIncidentChange';
import { alertEventsKql, closingOf, incidentAlertsKql, timeAround } from './words';

describe('list state', () => {
  it('reads what it understands and drops the rest', () => {
    const state = readListState({ status: 'closed,new,nope', severity: 'High', sort: '-title', page: '3', selected: 'x', q: ' ' });
    expect(state).toEqual({ status: 'New,Closed', severity: 'High', owner: undefined, q: undefined, product: undefined, sync: undefined, merged: undefined, label: undefined, sort: '-title', page: 3, selected: undefined });
  });
  it('leaves defaults out of the address', () => {
    const state = readListState({ status: 'New,Active', sort: '-created', page: '1' });
    expect(Object.values(state).every((v) => v === undefined)).toBe(true);
  });
  it('asks the server for a page', () => {
    expect(toFilter({ page: 2, owner: 'me' }, 'a@b.c')).toMatchObject({ status: 'New,Active', owner: 'a@b.c', sort: '-created', limit: 50, offset: 50 });
    expect(toFilter({ status: 'all' }, 'a').status).toBeUndefined();
  });
  it('sorts in the natural direction first', () => {
    expect(nextSort(undefined, 'severity')).toBe('-severity');
    expect(nextSort('-severity', 'severity')).toBe('severity');
    expect(nextSort('severity', 'title')).toBe('title');
    expect(nextSort('created', 'created')).toBeUndefined();
  });
  it('knows whether a filter hides something', () => {
    expect(isFiltered({})).toBe(false);
    expect(isFiltered({ status: 'all' })).toBe(false);
    expect(isFiltered({ q: 'x' })).toBe(true);
  });
  it('reads the tab', () => {
    expect(readDetailState({ tab: 'alerts' }).tab).toBe('alerts');
    expect(readDetailState({ tab: 'nope' }).tab).toBeUndefined();
  });
});

const incident = { incidentNumber: 1, status: 'New', owner: null, labels: [{ labelName: 'a', labelType: 'User' }] } as unknown as Incident;

describe('optimistic change', () => {
  it('shows the change at once and leaves the original alone', () => {
    const next = applyChange(incident, { status: 'Active', owner: 'x@y.z', labels: { add: ['b'], remove: ['a'] } });
    expect(next.status).toBe('Active');
    expect(next.owner?.userPrincipalName).toBe('x@y.z');
    expect(next.labels?.map((l) => l.labelName)).toEqual(['b']);
    expect(incident.labels?.length).toBe(1);
  });
});

describe('words', () => {
  it('reads closings', () => {
    expect(closingOf({ classification: 'FalsePositive', classificationReason: 'InaccurateData' })?.value).toBe('FPD');
    expect(closingOf({ classification: 'Undetermined', classificationReason: '' })).toBeUndefined();
  });
  it('makes queries and times', () => {
    expect(incidentAlertsKql(17)).toContain('IncidentNumber == 17');
    expect(alertEventsKql({ id: 'da"1' })).toContain('AlertId == "da\\"1"');
    expect(alertEventsKql({ id: '' })).toBeUndefined();
    expect(timeAround('2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z')).toBe('2026-01-01T00:00:00.000Z/2026-01-04T00:00:00.000Z');
    expect(timeAround('', '')).toBe('P7D');
  });
});

describe('activity', () => {
  const change = (more: Partial<Activity>): Activity => ({ time: '2026-01-01T00:00:00Z', actor: 'A', kind: 'changed', origin: 'vedette', ...more });
  it('joins comments and history, newest first', () => {
    const comments = [{ id: '1', message: 'hi', author: 'B', createdTimeUtc: '2026-01-02T00:00:00Z', origin: 'defender' }];
    const stream = mergeStream(comments, [change({}), change({ kind: 'comment' })]);
    expect(stream.map((e) => e.kind)).toEqual(['comment', 'change']);
  });
  it('says what happened', () => {
    expect(activityText(change({ field: 'status', before: 'New', after: 'Active' }))).toBe('changed status from New to Active');
    expect(activityText(change({ field: 'owner', after: 'x' }))).toBe('set owner to x');
    expect(activityText(change({ field: 'owner', before: 'x' }))).toBe('cleared owner, it was x');
  });
});
