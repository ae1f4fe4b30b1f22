import type { ContentDetail } from '../../api/content';
import { isTime } from '../../ui/format';
import { Moment } from '../../ui/Time';
import styles from './Content.module.css';
import { countText } from './counts';

/** Who made a solution, what it brings, and since when it is installed. */
export function SolutionFacts({ detail }: { detail: ContentDetail }) {
  return (
    <dl className={styles.facts}>
      <dt>Status</dt>
      <dd>
        {detail.installed ? 'Installed' : 'Not installed'}
        {isTime(detail.installedAt) && (
          <>
            {' '}
            since <Moment value={detail.installedAt} />
            {detail.installedBy && ` by ${detail.installedBy}`}
          </>
        )}
      </dd>
      <dt>Version</dt>
      <dd>
        {detail.installedVersion ?? detail.version}
        {detail.updateAvailable && `, ${detail.version} is available`}
      </dd>
      <dt>Publisher</dt>
      <dd>{detail.publisher}</dd>
      <dt>Categories</dt>
      <dd>{(detail.categories ?? []).join(', ') || '–'}</dd>
      <dt>Brings</dt>
      <dd>{countText(detail.counts)}</dd>
      <dt>Content id</dt>
      <dd className="mono">{detail.contentId}</dd>
    </dl>
  );
}
