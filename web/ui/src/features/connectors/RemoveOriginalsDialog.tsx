import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Spinner } from '@fluentui/react-components';
import type { Kept } from '../../api/originals';
import { formatBytes } from '../../ui/format';
import { Moment } from '../../ui/Time';

/** Asks before what is kept is removed. */
export function RemoveOriginalsDialog({ kept, busy, onRemove, onClose }: { kept: Kept; busy: boolean; onRemove: () => void; onClose: () => void }) {
  return (
    <Dialog open modalType="alert" onOpenChange={(_, d) => !d.open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Keep no messages?</DialogTitle>
          <DialogContent>
            {kept.files > 0 ? (
              <p>
                {formatBytes(kept.bytes)} of messages since <Moment value={kept.from} /> are removed for good. Rows stay as they are; they cannot be parsed anew then.
              </p>
            ) : (
              <p>Nothing is kept yet, and nothing will be.</p>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button appearance="primary" disabled={busy} icon={busy ? <Spinner size="tiny" /> : undefined} onClick={onRemove}>
              Switch off and remove
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
