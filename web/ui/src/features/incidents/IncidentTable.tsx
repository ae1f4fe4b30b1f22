import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { Incident } from '../../api/types';
import { SeverityBadge, StatusBadge, SyncChip } from '../../ui/badges';
import { Ago, Moment } from '../../ui/Time';
import styles from './IncidentTable.module.css';
import { defaultSort, type SortKey } from './urlState';
import { ownerName } from './words';

interface Props {
  items: Incident[];
  ws: string;
  sort: string | undefined;
  selected: number | undefined;
  stale: boolean;
  onSort: (key: SortKey) => void;
  onSelect: (n: number) => void;
  onLabel: (label: string) => void;
}

const columns: { key?: SortKey; label: string; className?: string }[] = [
  { key: 'severity', label: 'Severity' },
  { key: 'number', label: 'Number', className: styles.number },
  { key: 'title', label: 'Title' },
  { key: 'status', label: 'Status' },
  { key: 'owner', label: 'Owner' },
  { key: 'alerts', label: 'Alerts', className: styles.number },
  { key: 'created', label: 'Created' },
  { key: 'modified', label: 'Updated' },
  { label: 'Sync' },
];

/** The rows of the queue. A click shows a row beside the list; its title leads to the whole page. */
export function IncidentTable(props: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    body.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [props.selected]);
  const sort = props.sort ?? defaultSort;
  return (
    <table className={styles.table} data-stale={props.stale || undefined}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.label} className={column.className} aria-sort={ariaSort(sort, column.key)}>
              {column.key ? (
                <button type="button" onClick={() => props.onSort(column.key!)}>
                  {column.label}
                  <span aria-hidden="true">{sort === column.key ? ' ↑' : sort === `-${column.key}` ? ' ↓' : ''}</span>
                </button>
              ) : (
                column.label
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {props.items.map((incident) => (
          <Row key={incident.incidentNumber} incident={incident} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function ariaSort(sort: string, key: string | undefined) {
  if (!key) return undefined;
  return sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none';
}

function Row({ incident, ws, selected, onSelect, onLabel }: Props & { incident: Incident }) {
  const products = incident.additionalData.alertProductNames ?? [];
  return (
    <tr aria-selected={incident.incidentNumber === selected} data-severity={incident.severity} onClick={() => onSelect(incident.incidentNumber)}>
      <td>
        <SeverityBadge value={incident.severity} short />
      </td>
      <td className={styles.number}>{incident.incidentNumber}</td>
      <td className={styles.title}>
        <Link to="/w/$ws/incidents/$number" params={{ ws, number: String(incident.incidentNumber) }} className="link" onClick={(e) => e.stopPropagation()}>
          {incident.title}
        </Link>
        <div className={styles.under}>
          {(incident.labels ?? []).map((label) => (
            <button
              key={label.labelName}
              type="button"
              className={styles.tag}
              title={`Show incidents tagged ${label.labelName}`}
              onClick={(e) => {
                e.stopPropagation();
                onLabel(label.labelName);
              }}
            >
              {label.labelName}
            </button>
          ))}
          <span className="muted">{products.map((p) => p.replace(/^Microsoft /, '')).join(', ')}</span>
        </div>
      </td>
      <td>
        <StatusBadge value={incident.status} />
      </td>
      <td className={styles.owner}>{ownerName(incident.owner) || <span className="muted">Unassigned</span>}</td>
      <td className={styles.number}>{incident.additionalData.alertsCount}</td>
      <td className={styles.time}>
        <Moment value={incident.createdTimeUtc} />
      </td>
      <td className={styles.time}>
        <Ago value={incident.lastModifiedTimeUtc} />
      </td>
      <td>
        <SyncChip sync={incident.sync} />
      </td>
    </tr>
  );
}
