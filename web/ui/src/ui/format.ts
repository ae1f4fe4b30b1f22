const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const two = (n: number) => String(n).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Whether a server's time says something; Go's zero time and empty text do not. */
export function isTime(value: string | null | undefined): value is string {
  return !!value && !value.startsWith('0001-') && !Number.isNaN(Date.parse(value));
}

/** A time in full: "2026-11-24 03:44:09 UTC". */
export function formatTime(value: string | null | undefined): string {
  if (!isTime(value)) return '–';
  const d = new Date(value);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} UTC`;
}

/** A time for narrow places: "24 Nov 03:44", with the year when it is another one. */
export function formatShortTime(value: string | null | undefined, now = Date.now()): string {
  if (!isTime(value)) return '–';
  const d = new Date(value);
  const sameYear = d.getUTCFullYear() === new Date(now).getUTCFullYear();
  const date = `${d.getUTCDate()} ${months[d.getUTCMonth()]}`;
  return sameYear ? `${date} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` : `${date} ${d.getUTCFullYear()}`;
}

/** How long ago a time was, as people say it. */
export function formatAgo(value: string | null | undefined, now = Date.now()): string {
  if (!isTime(value)) return '–';
  const age = now - Date.parse(value);
  if (age < -minute) return `in ${formatSpan(-age)}`;
  if (age < 45_000) return 'just now';
  return `${formatSpan(age)} ago`;
}

/** A length of time in its largest fitting unit: "12 min". */
export function formatSpan(ms: number): string {
  const n = Math.max(0, ms);
  if (n < minute) return `${Math.round(n / 1000)} s`;
  if (n < hour) return `${Math.round(n / minute)} min`;
  if (n < 2 * day) return `${Math.round(n / hour)} h`;
  return `${Math.round(n / day)} d`;
}

/** How long something took: "86 ms", "3.2 s", "2:05 min". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < minute) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
}

/** A count with thin groups of three: "12 345". */
export function formatNumber(n: number): string {
  return n.toLocaleString('en-US').replaceAll(',', ' ');
}

/** A count for narrow places: 950, 12.3k, 4M. */
export function formatCount(n: number): string {
  if (n < 1000) return String(n);
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    // 999,950 and more round up to the next unit.
    if (n >= size * 0.99995) {
      const value = n / size;
      return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))}${unit}`;
    }
  }
  return String(n);
}

/** A size in bytes: "0 B", "12.4 MB". */
export function formatBytes(n: number): string {
  if (n < 1000) return `${Math.round(n)} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let value = n / 1000;
  let unit = 0;
  // 999.95 and more would be written as 1000.
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`;
}

/** "1 alert", "3 alerts". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

/** Names written in one word as people read them: "SuspiciousActivity" to "Suspicious activity". */
export function spaced(name: string): string {
  const text = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return text
    .split(' ')
    .map((word, i) => (i === 0 || /^[A-Z]{2,}$/.test(word) ? word : word.toLowerCase()))
    .join(' ');
}
