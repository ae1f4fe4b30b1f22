import type { ContentCounts } from '../../api/content';
import { plural } from '../../ui/format';

/** What a solution brings, in one line; kinds it has none of are left out. */
export function countText(counts: ContentCounts): string {
  return [
    counts.connectors > 0 && plural(counts.connectors, 'connector'),
    counts.analyticsRules > 0 && plural(counts.analyticsRules, 'rule'),
    counts.huntingQueries > 0 && plural(counts.huntingQueries, 'hunting query', 'hunting queries'),
    counts.workbooks > 0 && plural(counts.workbooks, 'workbook'),
    counts.functions > 0 && plural(counts.functions, 'function'),
  ]
    .filter(Boolean)
    .join(', ');
}
