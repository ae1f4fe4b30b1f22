import { Dropdown, Field, Option } from '@fluentui/react-components';
import { useState } from 'react';
import { mayRespond, useSession, useWorkspace } from '../../app/session';
import type { Incident, IncidentChange, IncidentStatus, Severity } from '../../api/types';
import { SeverityBadge, StatusBadge } from '../../ui/badges';
import { CloseDialog } from './CloseDialog';
import { LabelEditor } from './LabelEditor';
import { OwnerPicker } from './OwnerPicker';
import styles from './Properties.module.css';
import { severities, statuses } from './urlState';
import { useIncidentChange } from './useIncidentChange';
import { closingOf } from './words';

/** Whether the person may change the incident; merged ones are kept as they are. */
export function mayEdit(incident: Incident, role: string): boolean {
  return mayRespond(role) && !incident.redirectTo;
}

/** What people change on an incident while they work on it. */
export function Properties({ incident }: { incident: Incident }) {
  const workspace = useWorkspace();
  const session = useSession();
  const update = useIncidentChange(workspace.name);
  const [closing, setClosing] = useState(false);
  const may = mayEdit(incident, session.user.role);
  const change = (c: IncidentChange) => update.mutate({ incident, change: c });
  const closed = closingOf(incident);

  const setStatus = (status: IncidentStatus) => {
    if (status === incident.status) return;
    if (status === 'Closed') setClosing(true);
    else change({ status });
  };
  return (
    <div className={styles.properties}>
      <Field label="Owner">
        <OwnerPicker owner={incident.owner} disabled={!may} onChange={(owner) => change({ owner })} />
      </Field>
      <div className={styles.pair}>
        <Field label="Status">
          <Dropdown
            className={styles.dropdown}
            aria-label="Status"
            disabled={!may}
            button={<StatusBadge value={incident.status} />}
            value={incident.status}
            selectedOptions={[incident.status]}
            onOptionSelect={(_, d) => setStatus(d.optionValue as IncidentStatus)}
          >
            {statuses.map((s) => (
              <Option key={s} value={s} text={s}>
                <StatusBadge value={s} />
              </Option>
            ))}
          </Dropdown>
        </Field>
        <Field label="Severity">
          {may ? (
            <Dropdown
              className={styles.dropdown}
              aria-label="Severity"
              button={<SeverityBadge value={incident.severity} short />}
              value={incident.severity}
              selectedOptions={[incident.severity]}
              onOptionSelect={(_, d) => d.optionValue && d.optionValue !== incident.severity && change({ severity: d.optionValue as Severity })}
            >
              {severities.map((s) => (
                <Option key={s} value={s} text={s}>
                  <SeverityBadge value={s} />
                </Option>
              ))}
            </Dropdown>
          ) : (
            <div className={styles.fixed}>
              <SeverityBadge value={incident.severity} />
            </div>
          )}
        </Field>
      </div>
      {incident.status === 'Closed' && (
        <div className={styles.closing}>
          <div className={styles.closingHead}>
            <strong>{closed?.label ?? 'Undetermined'}</strong>
            {may && (
              <button type="button" className={styles.textButton} onClick={() => setClosing(true)}>
                Change
              </button>
            )}
          </div>
          {incident.classificationComment && <p>{incident.classificationComment}</p>}
        </div>
      )}
      <LabelEditor labels={incident.labels ?? []} disabled={!may} onChange={(labels) => change({ labels })} />
      {closing && (
        <CloseDialog
          incident={incident}
          onCancel={() => setClosing(false)}
          onClose={(c) => {
            setClosing(false);
            change(c);
          }}
        />
      )}
    </div>
  );
}
