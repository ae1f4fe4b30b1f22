import { describe, expect, it } from 'vitest';
import type { Rule } from '../../api/content';
import { duration, filterText, readRulesState } from './words';

const rule = (more: Partial<Rule>) => ({ id: 'r', kind: 'MicrosoftSecurityIncidentCreation', name: 'R', description: '', enabled: true, template: false, productFilter: 'Azure Advanced Threat Protection', ...more }) as Rule;

describe('rules', () => {
  it('says durations as people do', () => {
    expect(duration('PT5M')).toBe('5 min');
    expect(duration('P1DT2H')).toBe('1 d 2 h');
    expect(duration('fortnight')).toBe('fortnight');
    expect(duration(undefined)).toBe('');
  });
  it('says which alerts a rule takes', () => {
    expect(filterText(rule({}))).toBe('Makes one incident of each alert of Defender for Identity.');
    expect(filterText(rule({ severitiesFilter: ['High'], displayNamesFilter: ['DCSync'], displayNamesExcludeFilter: ['test'] }))).toBe(
      'Makes one incident of each alert of Defender for Identity, of severity High, whose name contains DCSync, but not test.',
    );
  });
  it('reads its address', () => {
    expect(readRulesState({ tab: 'templates' })).toEqual({ tab: 'templates' });
    expect(readRulesState({ tab: 'x' }).tab).toBeUndefined();
  });
});
