/** One of the lengths the picker offers. */
export interface Preset {
  value: string;
  label: string;
}

export const presets: Preset[] = [
  { value: 'PT30M', label: 'Last 30 minutes' },
  { value: 'PT1H', label: 'Last hour' },
  { value: 'PT4H', label: 'Last 4 hours' },
  { value: 'PT12H', label: 'Last 12 hours' },
  { value: 'PT24H', label: 'Last 24 hours' },
  { value: 'P2D', label: 'Last 48 hours' },
  { value: 'P3D', label: 'Last 3 days' },
  { value: 'P7D', label: 'Last 7 days' },
  { value: 'P30D', label: 'Last 30 days' },
  { value: 'P90D', label: 'Last 90 days' },
];

export const defaultTime = 'PT24H';

const lengthPattern = /^P(?=\d|T\d)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/;

/** The two moments of "from/to"; undefined when it is not one, or not in order. */
export function parseInterval(value: string): { from: Date; to: Date } | undefined {
  const parts = value.split('/');
  if (parts.length !== 2) return undefined;
  const [from, to] = parts.map((p) => new Date(p));
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime()) || from >= to) return undefined;
  return { from, to };
}

/** The time range of an address, or the default when it makes no sense. */
export function readTime(value: string | undefined): string {
  if (value && (lengthPattern.test(value) || parseInterval(value))) return value;
  return defaultTime;
}

const shortUtc = (d: Date) => d.toISOString().slice(0, 16).replace('T', ' ');

/** A time range in words. */
export function timeLabel(value: string): string {
  const preset = presets.find((p) => p.value === value);
  if (preset) return preset.label;
  const interval = parseInterval(value);
  if (interval) return `${shortUtc(interval.from)} – ${shortUtc(interval.to)} UTC`;
  return value;
}

/** Text without comments and string literals, so that words in them do not count. */
export function codeOnly(query: string): string {
  return query.replace(/\/\/[^\n]*|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, (match) => (match.startsWith('//') ? '' : '""'));
}

/** Whether the query limits time itself; the picker then steps aside. */
export function setsOwnTime(query: string): boolean {
  return codeOnly(query)
    .split('|')
    .some((part) => /^\s*(where|filter)\b/i.test(part) && /\b(TimeGenerated|Timestamp)\b\s*(>=?|<=?|==|between\b|!between\b)/i.test(part));
}
