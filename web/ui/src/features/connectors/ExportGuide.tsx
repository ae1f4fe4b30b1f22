import type { ConnectorDetail } from '../../api/types';
import { CopyButton } from '../../ui/CopyButton';
import styles from './Connectors.module.css';

/** Where the tenant is told to send tables. Ticking a table here does not do it, and nothing here says it did. */
export function ExportGuide({ guide }: { guide: NonNullable<ConnectorDetail['exportGuide']> }) {
  return (
    <details className={styles.guide}>
      <summary>{guide.title}</summary>
      <p className={styles.path}>
        <code>{guide.path}</code>
        <CopyButton text={guide.path} label="Copy the path in the portal" />
      </p>
      <ol>
        {(guide.steps ?? []).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {guide.needs && <p className="muted">Needs: {guide.needs}</p>}
    </details>
  );
}
