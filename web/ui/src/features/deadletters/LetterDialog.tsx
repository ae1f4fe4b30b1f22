import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { deadLetterQuery } from '../../api/deadletters';
import { useWorkspace } from '../../app/session';
import { CopyButton } from '../../ui/CopyButton';
import { formatBytes, formatNumber } from '../../ui/format';
import { ErrorState, Loading } from '../../ui/states';
import { Moment } from '../../ui/Time';
import styles from './DeadLetters.module.css';
import type { useReplay } from './useReplay';
import { reasonText } from './words';

/** One letter as it came, and the button to store it. */
export function LetterDialog({ id, may, replay, onClose }: { id: string; may: boolean; replay: ReturnType<typeof useReplay>; onClose: () => void }) {
  const workspace = useWorkspace();
  const query = useQuery(deadLetterQuery(workspace.name, id));
  const l = query.data;
  return (
    <Dialog open onOpenChange={(_, d) => !d.open && onClose()}>
      <DialogSurface className={styles.dialog}>
        <DialogBody>
          <DialogTitle>{l ? reasonText(l.reason) : 'Dead letter'}</DialogTitle>
          <DialogContent>
            {query.isPending && <Loading label="Loading the record" />}
            {query.isError && <ErrorState error={query.error} retry={() => void query.refetch()} />}
            {l && (
              <>
                <p>{l.detail}</p>
                <dl className={styles.facts}>
                  <dt>Refused</dt>
                  <dd>
                    <Moment value={l.time} />
                  </dd>
                  <dt>Came from</dt>
                  <dd>
                    {l.source}, partition {l.partition}, position {formatNumber(l.position)}
                  </dd>
                  <dt>Table</dt>
                  <dd>{l.table || 'cannot be told'}</dd>
                  <dt>SHA-256</dt>
                  <dd>
                    <code>{l.sha256}</code>
                  </dd>
                </dl>
                <div className={styles.contentHead}>
                  <span className="muted">
                    {formatBytes(l.size)}
                    {new TextEncoder().encode(l.content ?? '').length < l.size && '; only the beginning was kept'}
                  </span>
                  <CopyButton text={l.content ?? ''} label="Copy the record" />
                </div>
                <pre className={styles.content} tabIndex={0} aria-label="Record">
                  {l.content}
                </pre>
              </>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
            <Button appearance="primary" disabled={!may || !l || l.replayed || replay.isPending} onClick={() => replay.mutate({ ids: [id] }, { onSuccess: (o) => o.stored > 0 && onClose() })}>
              {l?.replayed ? 'Stored already' : 'Replay'}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
