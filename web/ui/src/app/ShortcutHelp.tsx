import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import styles from './ShortcutHelp.module.css';

const keys: [string, string][] = [
  ['g o', 'Overview'],
  ['g i', 'Incidents'],
  ['g l', 'Logs'],
  ['g c', 'Data connectors'],
  ['g e', 'Entities'],
  ['g h', 'Hunting'],
  ['g b', 'Content hub'],
  ['g a', 'Analytics'],
  ['g t', 'Tables'],
  ['/', 'Search incidents'],
  ['j  k', 'Next and previous incident'],
  ['Enter', 'Open the incident'],
  ['x', 'Tick the incident'],
  ['a', 'Assign the incident to me'],
  ['Esc', 'Close the side pane'],
  ['Shift+Enter', 'Run the query'],
  ['?', 'This help'],
];

/** Lists the keyboard shortcuts. */
export function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onOpenChange={(_, d) => !d.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Keyboard shortcuts</DialogTitle>
          <DialogContent>
            <dl className={styles.list}>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    {key.split(' ').filter(Boolean).map((k) => (
                      <kbd key={k}>{k}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              Close
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
