import type { Activity, IncidentComment } from '../../api/types';
import { fieldName } from './words';

/** One entry of an incident's activity: a comment or a change. */
export type StreamEntry =
  | { kind: 'comment'; time: string; actor: string; origin: string; text: string; pending: boolean; reason?: string; from?: number }
  | { kind: 'change'; time: string; actor: string; origin: string; activity: Activity };

/** Joins comments and history, newest first. History's own lines about comments would say the same twice. */
export function mergeStream(comments: IncidentComment[], history: Activity[]): StreamEntry[] {
  const entries: StreamEntry[] = [
    ...comments.map((c) => ({ kind: 'comment' as const, time: c.createdTimeUtc, actor: c.author || 'Unknown', origin: c.origin, text: c.message, pending: c.pending ?? false, reason: c.reason, from: c.from })),
    ...history
      .filter((a) => a.kind !== 'comment' || comments.length === 0)
      .map((a) => ({ kind: 'change' as const, time: a.time, actor: a.actor || originActor(a.origin), origin: a.origin, activity: a })),
  ];
  return entries.sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

const originActor = (origin: string) => (/defender/i.test(origin) ? 'Microsoft XDR' : 'Vedette');

/** What a line of history says after its actor. */
export function activityText(a: Activity): string {
  const field = a.field ? fieldName(a.field).toLowerCase() : '';
  const note = a.note ? ` (${a.note})` : '';
  switch (a.kind) {
    case 'created':
      return 'created the incident';
    case 'changed':
      if (!a.before && a.after) return `set ${field} to ${a.after}${note}`;
      if (a.before && !a.after) return `cleared ${field}, it was ${a.before}${note}`;
      return `changed ${field} from ${a.before} to ${a.after}${note}`;
    case 'sent':
      return `sent ${field || 'the changes'} to Defender${note}`;
    case 'rejected':
      return `had ${field || 'a change'} rejected by Defender${note}`;
    case 'conflict':
      return `met a conflict on ${field}${note}`;
    case 'alert':
      return `added the alert ${a.after ?? ''}`.trim();
    case 'comment':
      return `commented: ${a.after ?? a.note ?? ''}`;
    case 'task':
      return a.after ? `${a.note === 'added' ? 'added' : 'marked'} the task ${a.after}${a.note === 'added' ? '' : note}` : `removed the task ${a.before ?? ''}`.trim();
    case 'merged':
      return a.note || 'merged incidents';
    case 'vanished':
      return a.note || 'no longer finds the incident';
    default:
      return [a.kind, field, a.after].filter(Boolean).join(' ') + note;
  }
}
