import type { Rule } from '../../api/content';
import { productName } from '../../ui/products';

/** An ISO 8601 duration as people say it: "PT5M" is "5 min". What it does not understand it gives back. */
export function duration(iso: string | undefined): string {
  const m = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(iso ?? '');
  if (!m || iso === 'P') return iso ?? '';
  const parts = [m[1] && `${m[1]} d`, m[2] && `${m[2]} h`, m[3] && `${m[3]} min`, m[4] && `${m[4]} s`].filter(Boolean);
  return parts.join(' ') || (iso ?? '');
}

/** Which alerts an incident creation rule takes. */
export function filterText(rule: Rule): string {
  const parts = [`Makes one incident of each alert of ${productName(rule.productFilter ?? '')}`];
  if (rule.severitiesFilter?.length) parts.push(`of severity ${rule.severitiesFilter.join(', ')}`);
  if (rule.displayNamesFilter?.length) parts.push(`whose name contains ${rule.displayNamesFilter.join(' or ')}`);
  if (rule.displayNamesExcludeFilter?.length) parts.push(`but not ${rule.displayNamesExcludeFilter.join(' or ')}`);
  return `${parts.join(', ')}.`;
}

/** The state of the page Analytics. */
export interface RulesState {
  tab?: 'templates';
}

/** Reads the address of the page Analytics. */
export const readRulesState = (search: Record<string, unknown>): RulesState => ({ tab: search.tab === 'templates' ? 'templates' : undefined });
