import { Button } from '@fluentui/react-components';
import { DismissRegular, EditRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { plural } from '../../../ui/format';
import styles from './Bulk.module.css';
import { BulkDialog } from './BulkDialog';

/** What can be done with the ticked incidents. */
export function BulkBar({ numbers, may, onClear }: { numbers: number[]; may: boolean; onClear: () => void }) {
  const [open, setOpen] = useState(false);
  if (numbers.length === 0) return null;
  return (
    <div className={styles.bar} role="region" aria-label="Ticked incidents">
      <strong role="status">{plural(numbers.length, 'incident')} ticked</strong>
      <Button appearance="primary" icon={<EditRegular />} disabled={!may} onClick={() => setOpen(true)}>
        Edit
      </Button>
      <Button appearance="subtle" icon={<DismissRegular />} onClick={onClear}>
        Clear
      </Button>
      {!may && <span className="muted">Your role can look at incidents but not change them.</span>}
      {open && <BulkDialog numbers={numbers} onClose={() => setOpen(false)} onDone={onClear} />}
    </div>
  );
}
