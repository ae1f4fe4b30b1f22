import { describe, expect, it } from 'vitest';
import type { EntityBehavior } from '../../api/ueba';
import { changed, chosenOf } from './form';

const config = { enabled: true, directories: [{ id: 'ActiveDirectory', selected: false }, { id: 'AzureActiveDirectory', selected: true }] } as EntityBehavior;

describe('entity behavior form', () => {
  it('starts as the server has it', () => {
    expect([...chosenOf(config)]).toEqual(['AzureActiveDirectory']);
    expect(changed(config, true, chosenOf(config))).toBe(false);
  });
  it('sees every change', () => {
    expect(changed(config, false, chosenOf(config))).toBe(true);
    expect(changed(config, true, new Set(['ActiveDirectory']))).toBe(true);
    expect(changed(config, true, new Set())).toBe(true);
  });
});
