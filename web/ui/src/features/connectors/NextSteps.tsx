import { Link } from '@tanstack/react-router';
import type { ConnectorDetail } from '../../api/types';
import { useWorkspace } from '../../app/session';
import { Kql } from '../../ui/Kql';
import { Card } from '../../ui/Page';
import styles from './Connectors.module.css';

/** What to do with the data once it is here: queries, workbooks, rules. */
export function NextSteps({ detail }: { detail: ConnectorDetail }) {
  const { ws } = { ws: useWorkspace().name };
  const { queries, workbooks, rules } = detail.nextSteps ?? { queries: [], workbooks: [], rules: [] };
  return (
    <>
      <Card title="Sample queries">
        {(queries ?? []).map((s) => (
          <div key={s.title} className={styles.sample}>
            <strong>{s.title}</strong>
            <Kql title={s.title} query={s.query} />
          </div>
        ))}
        {!queries?.length && <span className="muted">None.</span>}
      </Card>
      {Boolean(workbooks?.length) && (
        <Card title="Workbooks">
          <ul className={styles.list}>
            {workbooks?.map((b) => (
              <li key={b.id}>
                <Link to="/w/$ws/workbooks/$id" params={{ ws, id: b.id }} className="link">
                  {b.title}
                </Link>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {Boolean(rules?.length) && (
        <Card
          title="Analytics rules"
          actions={
            <Link to="/w/$ws/analytics" params={{ ws }} search={{ tab: 'templates' }} className="link">
              Templates
            </Link>
          }
        >
          <ul className={styles.list}>
            {rules?.map((r) => (
              <li key={r.id}>
                {r.title} <span className="muted">· {r.enabled ? 'enabled' : 'not in use'}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}
