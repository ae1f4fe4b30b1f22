import { Button } from '@fluentui/react-components';
import { ChevronLeftRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { formatNumber, plural } from './format';
import styles from './Pager.module.css';

/** Which part of a list is shown, and the ways to the parts beside it. Pages count from 1. */
export function Pager(props: { page: number; pageSize: number; total: number; one: string; onPage: (page: number) => void }) {
  const { page, pageSize, total } = props;
  return (
    <div className={styles.pager}>
      <span>
        {formatNumber((page - 1) * pageSize + 1)}–{formatNumber(Math.min(page * pageSize, total))} of {plural(total, props.one)}
      </span>
      <Button appearance="subtle" icon={<ChevronLeftRegular />} aria-label="Previous page" disabled={page === 1} onClick={() => props.onPage(page - 1)} />
      <Button appearance="subtle" icon={<ChevronRightRegular />} aria-label="Next page" disabled={page * pageSize >= total} onClick={() => props.onPage(page + 1)} />
    </div>
  );
}
