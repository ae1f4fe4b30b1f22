import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Radio,
  RadioGroup,
  Textarea,
} from '@fluentui/react-components';
import { useState } from 'react';
import type { Incident, IncidentChange } from '../../api/types';
import styles from './Properties.module.css';
import { closingByValue, closingOf, closings } from './words';

/** Asks why an incident is closed. Nothing closes without an answer. */
export function CloseDialog(props: { incident: Incident; onCancel: () => void; onClose: (change: IncidentChange) => void }) {
  const { incident } = props;
  const [choice, setChoice] = useState(closingOf(incident)?.value ?? '');
  const [comment, setComment] = useState(incident.classificationComment);
  const closing = closingByValue(choice);
  const submit = () => {
    if (!closing) return;
    props.onClose({
      status: 'Closed',
      classification: closing.classification,
      classificationReason: closing.reason,
      classificationComment: comment.trim(),
    });
  };
  return (
    <Dialog open onOpenChange={(_, d) => !d.open && props.onCancel()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>
            {incident.status === 'Closed' ? 'Change the classification of' : 'Close'} incident {incident.incidentNumber}
          </DialogTitle>
          <DialogContent>
            <div className={styles.options}>
              <Field label="Classification" required>
                <RadioGroup value={choice} onChange={(_, d) => setChoice(d.value)}>
                  {closings.map((c) => (
                    <Radio key={c.value} value={c.value} label={c.label} />
                  ))}
                </RadioGroup>
              </Field>
              <Field label="Comment" hint="Goes to Defender with the classification.">
                <Textarea value={comment} rows={3} resize="vertical" onChange={(_, d) => setComment(d.value)} />
              </Field>
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={props.onCancel}>Cancel</Button>
            <Button appearance="primary" disabled={!closing} onClick={submit}>
              {incident.status === 'Closed' ? 'Save' : 'Close incident'}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
