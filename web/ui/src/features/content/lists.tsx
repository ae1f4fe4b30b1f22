import { Link } from '@tanstack/react-router';
import type { ContentDetail, ContentRule, HuntingQuery, SavedFunction, WorkbookItem } from '../../api/content';
import { useWorkspace } from '../../app/session';
import { ConnectionBadge, SeverityBadge } from '../../ui/badges';
import { Chips } from '../../ui/Chips';
import { Kql } from '../../ui/Kql';
import styles from './Content.module.css';

/** The connectors of a solution; they are in the gallery once it is installed. */
export function ConnectorList({ detail }: { detail: ContentDetail }) {
  const workspace = useWorkspace();
  return (
    <ul className={styles.list}>
      {(detail.connectors ?? []).map((c) => (
        <li key={c.id} className={styles.item}>
          <div className={styles.itemHead}>
            <strong>{c.title}</strong>
            <ConnectionBadge state={c.state} />
            {detail.installed ? (
              <Link to="/w/$ws/connectors/$id" params={{ ws: workspace.name, id: c.id }} className="link">
                Open connector page
              </Link>
            ) : (
              <span className="muted">Install the solution to connect</span>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Rule templates of a solution, each with its query. */
export function RuleList({ rules }: { rules: ContentRule[] }) {
  return (
    <ul className={styles.list}>
      {rules.map((r) => (
        <li key={r.id} className={styles.item}>
          <div className={styles.itemHead}>
            <strong>{r.title}</strong>
            <SeverityBadge value={r.severity} />
            <Chips items={[...(r.tactics ?? []), ...(r.techniques ?? [])]} />
          </div>
          <p>{r.description}</p>
          <Kql title={r.title} query={r.query} />
        </li>
      ))}
    </ul>
  );
}

/** Hunting queries, each ready to run. */
export function HuntingList({ queries }: { queries: HuntingQuery[] }) {
  return (
    <ul className={styles.list}>
      {queries.map((q) => (
        <li key={q.id} className={styles.item}>
          <div className={styles.itemHead}>
            <strong>{q.title}</strong>
            <Chips items={[...(q.tactics ?? []), ...(q.techniques ?? [])]} />
          </div>
          <p>{q.description}</p>
          <Kql title={q.title} query={q.query} time="P7D" />
        </li>
      ))}
    </ul>
  );
}

/** Workbooks of a solution. */
export function WorkbookList({ workbooks, installed }: { workbooks: WorkbookItem[]; installed: boolean }) {
  const workspace = useWorkspace();
  return (
    <ul className={styles.list}>
      {workbooks.map((b) => (
        <li key={b.id} className={styles.item}>
          <div className={styles.itemHead}>
            <strong>{b.title}</strong>
            {installed && (
              <Link to="/w/$ws/workbooks/$id" params={{ ws: workspace.name, id: b.id }} className="link">
                Open workbook
              </Link>
            )}
          </div>
          <p>{b.description}</p>
        </li>
      ))}
    </ul>
  );
}

/** Functions that queries may call once the solution is installed. */
export function FunctionList({ functions }: { functions: SavedFunction[] }) {
  return (
    <ul className={styles.list}>
      {functions.map((f) => (
        <li key={f.name} className={styles.item}>
          <div className={styles.itemHead}>
            <strong className="mono">
              {f.name}({f.parameters ?? ''})
            </strong>
          </div>
          <p>{f.description}</p>
          <Kql title={f.name} query={f.query} />
        </li>
      ))}
    </ul>
  );
}
