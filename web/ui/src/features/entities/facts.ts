/** The plain properties of an entity's JSON, in their order; nested ones, references and empty ones are left out. */
export function facts(data: Record<string, unknown> | undefined): [string, string][] {
  return Object.entries(data ?? {})
    .filter(([name, value]) => !name.startsWith('$') && name !== 'Type' && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') && value !== '')
    .map(([name, value]) => [name, String(value)]);
}
