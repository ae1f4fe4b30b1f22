import { Checkbox } from '@fluentui/react-components';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { Incident } from '../../api/types';
import { type Column, chosenColumns } from './columns';
import styles from './IncidentTable.module.css';
import { defaultSort, type SortKey } from './urlState';
import { productName } from './words';

interface Props {
  items: Incident[];
  ws: string;
  sort: string | undefined;
  columns: string[];
  selected: number | undefined;
  ticked: ReadonlySet<number>;
  stale: boolean;
  onSort: (key: SortKey) => void;
  onSelect: (n: number) => void;
  onTick: (numbers: number[], on: boolean) => void;
  onLabel: (label: string) => void;
}

/** The rows of the queue. A click shows a row beside the list; its title leads to the whole page. */
export function IncidentTable(props: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    body.current?.querySelector('[data-selected]')?.scrollIntoView({ block: 'nearest' });
  }, [props.selected]);
  const sort = props.sort ?? defaultSort;
  const columns = chosenColumns(props.columns);
  const numbers = props.items.map((i) => i.incidentNumber);
  const ticked = numbers.filter((n) => props.ticked.has(n)).length;
  return (
    <table className={styles.table} data-stale={props.stale || undefined} aria-label="Incidents">
      <thead>
        <tr>
          <th className={styles.tick}>
            <Checkbox
              aria-label="Tick all incidents of this page"
              checked={ticked === 0 ? false : ticked === numbers.length ? true : 'mixed'}
              onChange={(_, d) => props.onTick(numbers, d.checked === true)}
            />
          </th>
          {columns.map((column) => (
            <th key={column.id} className={column.className} aria-sort={ariaSort(sort, column.sort)}>
              {column.sort ? (
                <button type="button" onClick={() => props.onSort(column.sort!)}>
                  {column.label}
                  <span aria-hidden="true">{sort === column.sort ? ' ↑' : sort === `-${column.sort}` ? ' ↓' : ''}</span>
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
          <Row key={incident.incidentNumber} incident={incident} shown={columns} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function ariaSort(sort: string, key: string | undefined) {
  if (!key) return undefined;
  return sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none';
}

function Row({ incident, shown, ...props }: Props & { incident: Incident; shown: Column[] }) {
  const n = incident.incidentNumber;
  const isSelected = n === props.selected;
  return (
    <tr data-selected={isSelected || undefined} aria-current={isSelected || undefined} data-severity={incident.severity} onClick={() => props.onSelect(n)}>
      <td className={styles.tick} onClick={(e) => e.stopPropagation()}>
        <Checkbox aria-label={`Tick incident ${n}`} checked={props.ticked.has(n)} onChange={(_, d) => props.onTick([n], d.checked === true)} />
      </td>
      {shown.map((column) => (
        <td key={column.id} className={column.className}>
          {column.id === 'title' ? <Title incident={incident} {...props} /> : column.cell(incident)}
        </td>
      ))}
    </tr>
  );
}

function Title({ incident, ws, columns, onLabel }: Props & { incident: Incident }) {
  const products = columns.includes('products') ? [] : (incident.additionalData.alertProductNames ?? []);
  return (
    <>
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
        <span className="muted">{products.map(productName).join(', ')}</span>
      </div>
    </>
  );
}
