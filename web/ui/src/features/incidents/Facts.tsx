import type { Incident } from '../../api/types';
import { spaced } from '../../ui/format';
import { Moment } from '../../ui/Time';
import { productName } from './words';
import styles from './Preview.module.css';

/** What is known about an incident and nobody edits here. */
export function Facts({ incident }: { incident: Incident }) {
  const data = incident.additionalData;
  return (
    <dl className={styles.facts}>
      {incident.description && (
        <>
          <dt>Description</dt>
          <dd>{incident.description}</dd>
        </>
      )}
      {incident.summary && (
        <>
          <dt>Summary</dt>
          <dd>{incident.summary}</dd>
        </>
      )}
      <dt>Alerts</dt>
      <dd>{data.alertsCount}</dd>
      <dt>Products</dt>
      <dd>{(data.alertProductNames ?? []).map(productName).join(', ') || '–'}</dd>
      <dt>Tactics</dt>
      <dd>{(data.tactics ?? []).map(spaced).join(', ') || '–'}</dd>
      <dt>First activity</dt>
      <dd>
        <Moment value={incident.firstActivityTimeUtc} />
      </dd>
      <dt>Last activity</dt>
      <dd>
        <Moment value={incident.lastActivityTimeUtc} />
      </dd>
      <dt>Created</dt>
      <dd>
        <Moment value={incident.createdTimeUtc} />
      </dd>
      <dt>Last update</dt>
      <dd>
        <Moment value={incident.lastModifiedTimeUtc} />
        {incident.modifiedBy && ` by ${incident.modifiedBy}`}
      </dd>
      <dt>Provider</dt>
      <dd>
        {incident.providerName} {incident.providerIncidentId && `(${incident.providerIncidentId})`}
      </dd>
    </dl>
  );
}
