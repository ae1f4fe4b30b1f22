import type { ReactNode } from 'react';
import styles from './Rows.module.css';

/** One column of a list; a number is set to the right. */
export interface RowColumn<T> {
  label: ReactNode;
  number?: boolean;
  nowrap?: boolean;
  actions?: boolean;
  cell: (item: T) => ReactNode;
}

/** A short list as a table. Long results belong into the grid of the Logs page. */
export function Rows<T>(props: { label: string; columns: RowColumn<T>[]; items: T[]; rowKey: (item: T) => string | number }) {
  const marks = (c: RowColumn<T>) => ({ 'data-number': c.number || undefined, 'data-nowrap': c.nowrap || undefined, 'data-actions': c.actions || undefined });
  return (
    <table className={styles.rows} aria-label={props.label}>
      <thead>
        <tr>
          {props.columns.map((c, i) => (
            <th key={i} {...marks(c)}>
              {c.actions ? <span className="srOnly">{c.label}</span> : c.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.items.map((item) => (
          <tr key={props.rowKey(item)}>
            {props.columns.map((c, i) => (
              <td key={i} {...marks(c)}>
                {c.cell(item)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
