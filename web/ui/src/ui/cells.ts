const numeric = new Set(['long', 'int', 'real', 'decimal', 'double']);

/** Whether values of a KQL type are numbers. */
export const isNumeric = (type: string) => numeric.has(type);

/** A cell as one line of text. */
export function cellText(value: unknown, type = 'string'): string {
  if (value === null || value === undefined) return '';
  if (type === 'datetime' && typeof value === 'string') return datetimeText(value);
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

// Seven digits are exact but hard to read: zeros at the end go.
function datetimeText(value: string): string {
  return value.replace('T', ' ').replace(/(\.\d*?)0*Z$/, (_, digits: string) => (digits === '.' ? '' : digits)).replace(/Z$/, '');
}
