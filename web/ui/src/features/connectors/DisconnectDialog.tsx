import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import type { ConnectorDetail } from '../../api/types';
import styles from './Connectors.module.css';

/** Says what a disconnection stops and what stays before it happens. */
export function DisconnectDialog(props: { title: string; effects: ConnectorDetail['disconnect']; open: boolean; onClose: () => void; onDisconnect: () => void }) {
  return (
    <Dialog open={props.open} onOpenChange={(_, d) => !d.open && props.onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{props.title}</DialogTitle>
          <DialogContent>
            <Effects title="Stops" items={props.effects?.stops} />
            <Effects title="Stays" items={props.effects?.stays} />
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onClose}>Cancel</Button>
            <Button
              appearance="primary"
              onClick={() => {
                props.onClose();
                props.onDisconnect();
              }}
            >
              Disconnect
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Effects({ title, items }: { title: string; items: string[] | null | undefined }) {
  if (!items?.length) return null;
  return (
    <>
      <strong>{title}</strong>
      <ul className={styles.effects}>
        {items.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </>
  );
}
