import type { Transform, TransformPreview } from '../../api/transforms';
import { formatNumber, plural } from '../../ui/format';

/** What a transformation would do, in words. */
export function previewText(p: TransformPreview): string {
  if (p.in === 0) return 'No rows came in lately; it cannot be tried.';
  const which = p.from === 'live' ? 'newest rows as they came in' : 'newest stored rows';
  return `Of the ${formatNumber(p.in)} ${which}, ${formatNumber(p.out)} would be stored and ${formatNumber(p.dropped)} dropped.`;
}

/** What it did. */
export const doneText = (t: Transform) => `In the last 24 hours ${plural(t.stored24h, 'row')} stored, ${formatNumber(t.dropped24h)} dropped.`;
