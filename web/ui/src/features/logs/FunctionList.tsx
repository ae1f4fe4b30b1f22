import type { SchemaFunction } from '../../api/types';
import styles from './LogsPage.module.css';

/** Functions that the installed solutions bring; a click puts a call into the query. */
export function FunctionList({ functions, wanted, onInsert }: { functions: SchemaFunction[]; wanted: string; onInsert: (text: string) => void }) {
  const shown = functions.filter((f) => `${f.name} ${f.description ?? ''}`.toLowerCase().includes(wanted));
  return (
    <ul className={styles.sideList}>
      {shown.length === 0 && <li className="muted">Solutions of the Content hub bring functions.</li>}
      {shown.map((f) => (
        <li key={f.name}>
          <button type="button" className={styles.query} onClick={() => onInsert(`${f.name}()`)}>
            <strong>{f.name}</strong>
            <pre>({f.parameters})</pre>
            <span className="muted">{f.description}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
