import { Button } from '@fluentui/react-components';
import { CheckmarkCircleFilled, CircleRegular, DismissRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { setupQuery, type SetupStep } from '../../api/setup';
import { useWorkspace } from '../session';
import { CopyButton } from '../../ui/CopyButton';
import { useStored } from '../../ui/stored';
import styles from './SetupStrip.module.css';

/** The way from a fresh workspace to the first query, each step ticked off by real state; gone once all are done. */
export function SetupStrip() {
  const workspace = useWorkspace();
  const [hidden, setHidden] = useStored(`setup.hidden.${workspace.id}`, false);
  const query = useQuery({ ...setupQuery(workspace.name), enabled: !hidden });
  const steps = query.data?.steps ?? [];
  if (hidden || !query.data || query.data.done || steps.length === 0) return null;
  const next = steps.findIndex((s) => !s.done);
  return (
    <section className={styles.strip} aria-label="Set up this workspace">
      <div className={styles.head}>
        <h2>Set up this workspace</h2>
        <span className="muted" role="status">
          {steps.filter((s) => s.done).length} of {steps.length} done
        </span>
        <Button appearance="subtle" size="small" icon={<DismissRegular />} onClick={() => setHidden(true)}>
          Hide
        </Button>
      </div>
      <ol>
        {steps.map((step, i) => (
          <Step key={step.id} step={step} current={i === next} ws={workspace.name} />
        ))}
      </ol>
    </section>
  );
}

function Step({ step, current, ws }: { step: SetupStep; current: boolean; ws: string }) {
  const title = step.link ? (
    <Link to={`/w/${encodeURIComponent(ws)}/${step.link}` as '/'} className="link">
      {step.title}
    </Link>
  ) : (
    step.title
  );
  return (
    <li data-done={step.done || undefined} aria-current={current ? 'step' : undefined}>
      <span className={styles.mark}>
        {step.done ? <CheckmarkCircleFilled aria-label="Done" /> : <CircleRegular aria-label="To do" />}
        <strong>{title}</strong>
      </span>
      <span className={styles.detail}>{step.detail}</span>
      {current && step.command && (
        <span className={styles.command}>
          <code>{step.command}</code>
          <CopyButton text={step.command} label={`Copy the command for ${step.title}`} />
        </span>
      )}
    </li>
  );
}
