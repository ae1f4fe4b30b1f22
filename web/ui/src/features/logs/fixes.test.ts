import { describe, expect, it } from 'vitest';
import { Fixes, fixTitle, ourSource, replacements } from './fixes';

const at = (line: number, from: number, to: number) => ({ startLineNumber: line, startColumn: from, endLineNumber: line, endColumn: to });

describe('fixes', () => {
  const fixes = new Fixes([
    { code: 'KS142', fix: 'DeviceName', ...at(2, 9, 18) },
    { code: 'KS142', fix: 'AccountName', ...at(3, 9, 18) },
    { code: 'KS106', ...at(2, 9, 18) },
    { code: 'KS204', fix: '', ...at(1, 1, 5) },
  ]);
  it('belong to the finding at their place', () => {
    expect(fixes.of('KS142', at(2, 9, 18))).toBe('DeviceName');
    expect(fixes.of('KS142', at(3, 9, 18))).toBe('AccountName');
  });
  it('are none for other findings, other places and what has no code', () => {
    expect(fixes.of('KS106', at(2, 9, 18))).toBeUndefined();
    expect(fixes.of('KS142', at(2, 9, 17))).toBeUndefined();
    expect(fixes.of('KS204', at(1, 1, 5))).toBeUndefined();
    expect(fixes.of(undefined, at(2, 9, 18))).toBeUndefined();
  });
  it('are offered once, however many marks say the same', () => {
    const ours = { code: 'KS142', source: ourSource, ...at(2, 9, 18) };
    const twin = { code: 'KS143', source: ourSource, ...at(2, 9, 18) };
    const both = new Fixes([
      { code: 'KS142', fix: 'DeviceName', ...at(2, 9, 18) },
      { code: 'KS143', fix: 'DeviceName', ...at(2, 9, 18) },
    ]);
    expect(replacements(both, [{ ...ours, source: 'Kusto' }, { ...ours, source: undefined }, ours, twin])).toEqual([{ mark: ours, text: 'DeviceName' }]);
    expect(replacements(fixes, [ours, { ...ours, ...at(3, 9, 18) }]).map((r) => r.text)).toEqual(['DeviceName', 'AccountName']);
    expect(replacements(undefined, [ours])).toEqual([]);
  });
  it('are named by what they write', () => {
    expect(fixTitle('DeviceName')).toBe('Replace with DeviceName');
    expect(fixTitle('x'.repeat(100))).toHaveLength('Replace with '.length + 60);
    expect(fixTitle('a\n b')).toBe('Replace with a b');
  });
});
