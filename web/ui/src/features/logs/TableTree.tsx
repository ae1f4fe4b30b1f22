import { useState } from 'react';
import type { WorkspaceSchema } from '../../api/types';
import { ErrorState, Loading } from '../../ui/states';
import styles from './LogsPage.module.css';

interface Props {
  schema: WorkspaceSchema | undefined;
  error: Error | null;
  /** In lower case; tables and columns without it are left out. */
  wanted: string;
  onInsert: (text: string) => void;
}

/** Tables with their columns; a click puts a name into the query. */
export function TableTree({ schema, error, wanted, onInsert }: Props) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  if (error && !schema) return <ErrorState error={error} title="The tables could not be loaded" />;
  if (!schema) return <Loading label="Loading tables" />;
  const toggle = (name: string) =>
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  const tables = schema.tables.filter((t) => t.name.toLowerCase().includes(wanted) || (wanted.length > 2 && t.columns.some((c) => c.name.toLowerCase().includes(wanted))));
  return (
    <ul className={styles.sideList}>
      {tables.map((table) => {
        const isOpen = open.has(table.name);
        return (
          <li key={table.name}>
            <div className={styles.sideRow}>
              <button type="button" className={styles.expand} aria-expanded={isOpen} aria-label={`Columns of ${table.name}`} onClick={() => toggle(table.name)}>
                <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
              </button>
              <button type="button" className={styles.table} title={table.description} onClick={() => onInsert(table.name)}>
                {table.name}
              </button>
            </div>
            {isOpen && (
              <ul className={styles.columns}>
                {table.columns.map((column) => (
                  <li key={column.name}>
                    <button type="button" className={styles.column} onClick={() => onInsert(column.name)}>
                      <span>{column.name}</span>
                      <span className="muted">{column.type}</span>
                    </button>
                  </li>
                ))}
              </ul>
            )}
          </li>
        );
      })}
    </ul>
  );
}
