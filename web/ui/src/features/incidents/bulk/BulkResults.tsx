import type { BulkResult } from '../../../api/types';
import { fieldName } from '../words';
import styles from './Bulk.module.css';

/** What happens to each incident, those that cannot be changed first. */
export function BulkResults({ results, comment }: { results: BulkResult[]; comment?: string }) {
  const sorted = [...results].sort((a, b) => Number(Boolean(b.error)) - Number(Boolean(a.error)));
  return (
    <div className={styles.results} tabIndex={0} role="region" aria-label="What changes">
      <table>
        <thead>
          <tr>
            <th>Incident</th>
            <th>Change</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((r) => (
            <tr key={r.incidentNumber} data-failed={r.error ? true : undefined}>
              <td>
                <strong>{r.incidentNumber}</strong> <span className="muted">{r.incident?.title}</span>
              </td>
              <td>
                {r.error ? (
                  r.error.message
                ) : (
                  <ul>
                    {(r.changes ?? []).map((c) => (
                      <li key={c.field + c.after}>
                        {fieldName(c.field)}: <del>{c.before || 'empty'}</del> → <b>{c.after || 'empty'}</b>
                      </li>
                    ))}
                    {comment && <li>Comment added</li>}
                    {(r.changes ?? []).length === 0 && !comment && <li className="muted">Already so</li>}
                  </ul>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
