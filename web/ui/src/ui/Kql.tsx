import { Link } from '@tanstack/react-router';
import { useWorkspace } from '../app/session';
import { CopyButton } from './CopyButton';
import styles from './Kql.module.css';

/** A link that opens a query in Logs and runs it. */
export function LogsLink({ query, time, children }: { query: string; time?: string; children: React.ReactNode }) {
  const workspace = useWorkspace();
  return (
    <Link to="/w/$ws/logs" params={{ ws: workspace.name }} search={{ q: query, time, run: '1' }} className="link">
      {children}
    </Link>
  );
}

/** A query to read, copy, or open in Logs. */
export function Kql({ query, title, time }: { query: string; title: string; time?: string }) {
  return (
    <div className={styles.box}>
      <pre tabIndex={0} aria-label={`Query ${title}`}>
        {query}
      </pre>
      <div className={styles.foot}>
        <LogsLink query={query} time={time}>
          Run in Logs
        </LogsLink>
        <CopyButton text={query} label={`Copy the query ${title}`} />
      </div>
    </div>
  );
}
