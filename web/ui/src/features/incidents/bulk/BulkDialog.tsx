import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Spinner } from '@fluentui/react-components';
import { useState } from 'react';
import { useWorkspace } from '../../../app/session';
import { plural } from '../../../ui/format';
import { ErrorState } from '../../../ui/states';
import { useToasts } from '../../../ui/toast';
import { closingByValue } from '../words';
import styles from './Bulk.module.css';
import { BulkFields } from './BulkFields';
import { emptyForm, tally, toChange, whatIsMissing } from './bulkModel';
import { BulkResults } from './BulkResults';
import { useBulk } from './useBulk';

/** Changes several incidents in two steps: fill in, look at what would happen, apply. */
export function BulkDialog({ numbers, onClose, onDone }: { numbers: number[]; onClose: () => void; onDone: () => void }) {
  const workspace = useWorkspace();
  const toasts = useToasts();
  const [form, setForm] = useState(emptyForm);
  const preview = useBulk(workspace.name);
  const apply = useBulk(workspace.name);
  const change = toChange(form, closingByValue(form.closing));
  const missing = whatIsMissing(form);
  const results = apply.data ?? preview.data;
  const sum = tally(results ?? [], Boolean(change.comment));
  const run = () =>
    apply.mutate(
      { numbers, change, preview: false },
      {
        onSuccess: (items) => {
          const done = tally(items, Boolean(change.comment));
          if (done.failed > 0) return;
          toasts.success(`${plural(done.changed, 'incident')} changed`, 'The changes are on their way to Defender.');
          onDone();
          onClose();
        },
      },
    );
  return (
    <Dialog open onOpenChange={(_, d) => !d.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Edit {plural(numbers.length, 'incident')}</DialogTitle>
          <DialogContent className={styles.content}>
            {!results && <BulkFields form={form} set={(part) => setForm((old) => ({ ...old, ...part }))} />}
            {(preview.isError || apply.isError) && <ErrorState error={preview.error ?? apply.error} title="The change was not made" />}
            {results && !apply.isError && (
              <>
                <p role="status">{apply.data ? `${plural(sum.changed, 'incident')} changed, ${sum.failed} not.` : `${sum.text}. Nothing is changed yet.`}</p>
                <BulkResults results={results} comment={change.comment} />
              </>
            )}
          </DialogContent>
          <DialogActions>
            {missing && !results && <span className={`muted ${styles.missing}`}>{missing}</span>}
            {apply.data ? (
              <Button
                appearance="primary"
                onClick={() => {
                  onDone();
                  onClose();
                }}
              >
                Close
              </Button>
            ) : results ? (
              <>
                <Button onClick={() => preview.reset()}>Back</Button>
                <Button appearance="primary" disabled={sum.changed === 0 || apply.isPending} icon={apply.isPending ? <Spinner size="tiny" /> : undefined} onClick={run}>
                  Apply to {plural(sum.changed, 'incident')}
                </Button>
              </>
            ) : (
              <>
                <Button onClick={onClose}>Cancel</Button>
                <Button appearance="primary" disabled={missing !== '' || preview.isPending} icon={preview.isPending ? <Spinner size="tiny" /> : undefined} onClick={() => preview.mutate({ numbers, change, preview: true })}>
                  Preview
                </Button>
              </>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
