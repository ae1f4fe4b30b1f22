import type { EntityBehavior } from '../../api/ueba';

/** The directories that a configuration has ticked. */
export const chosenOf = (config: EntityBehavior): ReadonlySet<string> => new Set((config.directories ?? []).filter((d) => d.selected).map((d) => d.id));

/** Whether applying a choice would change the configuration. */
export function changed(config: EntityBehavior, enabled: boolean, chosen: ReadonlySet<string>): boolean {
  const now = chosenOf(config);
  return enabled !== config.enabled || now.size !== chosen.size || [...now].some((id) => !chosen.has(id));
}
