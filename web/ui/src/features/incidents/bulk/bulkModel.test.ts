import { describe, expect, it } from 'vitest';
import type { BulkResult } from '../../../api/types';
import { emptyForm, tally, toChange, whatIsMissing } from './bulkModel';

const result = (n: number, more: Partial<BulkResult> = {}): BulkResult => ({ incidentNumber: n, changes: [], ...more });

describe('bulk form', () => {
  it('changes only what was filled in', () => {
    expect(toChange(emptyForm)).toEqual({});
    expect(toChange({ ...emptyForm, severity: 'High', addTags: ' vip, vip ,', removeTags: '', comment: ' seen ' })).toEqual({ severity: 'High', labels: { add: ['vip'], remove: [] }, comment: 'seen' });
  });
  it('tells nobody from no change', () => {
    expect(toChange({ ...emptyForm, owner: null })).toEqual({ owner: null });
    expect('owner' in toChange(emptyForm)).toBe(false);
  });
  it('closes with a classification only', () => {
    expect(whatIsMissing({ ...emptyForm, status: 'Closed' })).toMatch(/classification/);
    expect(whatIsMissing({ ...emptyForm, status: 'Closed', closing: 'TP' })).toBe('');
    expect(toChange({ ...emptyForm, status: 'Closed', closingComment: 'done' }, { classification: 'TruePositive', reason: 'SuspiciousActivity' })).toEqual({
      status: 'Closed',
      classification: 'TruePositive',
      classificationReason: 'SuspiciousActivity',
      classificationComment: 'done',
    });
    expect(whatIsMissing(emptyForm)).toMatch(/at least one/);
  });
  it('counts what happens', () => {
    const change = [{ field: 'severity', before: 'Low', after: 'High' }];
    const sum = tally([result(1, { changes: change }), result(2), result(3, { error: { code: 'x', message: 'no' } })], false);
    expect(sum).toMatchObject({ changed: 1, same: 1, failed: 1, text: '1 incident to change, 1 already so, 1 cannot be changed' });
    expect(tally([result(2)], true).changed).toBe(1);
  });
});
