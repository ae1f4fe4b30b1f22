import type { BulkResult, IncidentChange } from '../../../api/types';
import { plural } from '../../../ui/format';

/** What a person fills in for many incidents; empty parts change nothing. */
export interface BulkForm {
  status: string;
  closing: string;
  closingComment: string;
  severity: string;
  /** undefined: no change; null: nobody. */
  owner: string | null | undefined;
  addTags: string;
  removeTags: string;
  comment: string;
}

export const emptyForm: BulkForm = { status: '', closing: '', closingComment: '', severity: '', owner: undefined, addTags: '', removeTags: '', comment: '' };

const names = (text: string) => [...new Set(text.split(',').map((t) => t.trim()).filter(Boolean))];

/** The change that a form asks for, with the comment beside it. */
export function toChange(form: BulkForm, closing?: { classification: string; reason: string }): IncidentChange & { comment?: string } {
  const change: IncidentChange & { comment?: string } = {};
  if (form.status) change.status = form.status as IncidentChange['status'];
  if (form.status === 'Closed' && closing) {
    change.classification = closing.classification;
    change.classificationReason = closing.reason;
    if (form.closingComment.trim()) change.classificationComment = form.closingComment.trim();
  }
  if (form.severity) change.severity = form.severity as IncidentChange['severity'];
  if (form.owner !== undefined) change.owner = form.owner;
  const add = names(form.addTags);
  const remove = names(form.removeTags);
  if (add.length + remove.length > 0) change.labels = { add, remove };
  if (form.comment.trim()) change.comment = form.comment.trim();
  return change;
}

/** Why a form cannot be sent yet; empty when it can. */
export function whatIsMissing(form: BulkForm): string {
  if (form.status === 'Closed' && !form.closing) return 'Closing needs a classification.';
  return Object.keys(toChange(form)).length === 0 ? 'Choose at least one change.' : '';
}

/** Counts what a bulk change does. */
export function tally(results: BulkResult[], comment: boolean): { changed: number; same: number; failed: number; text: string } {
  const failed = results.filter((r) => r.error).length;
  const changed = results.filter((r) => !r.error && (comment || (r.changes ?? []).length > 0)).length;
  const same = results.length - failed - changed;
  const text = [`${plural(changed, 'incident')} to change`, same > 0 && `${same} already so`, failed > 0 && `${failed} cannot be changed`].filter(Boolean).join(', ');
  return { changed, same, failed, text };
}
