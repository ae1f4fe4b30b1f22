import { CheckmarkCircleFilled, DismissCircleFilled, QuestionCircleFilled } from '@fluentui/react-icons';
import type { Prerequisite } from '../api/types';
import { CopyButton } from './CopyButton';
import styles from './Prerequisites.module.css';

const words = { met: 'Met', notMet: 'Not met', unknown: 'Cannot be checked' };

/** What must hold before something works, each on its own: met, not met, or not to be checked, with what to do. */
export function Prerequisites({ items }: { items: Prerequisite[] }) {
  return (
    <ul className={styles.list}>
      {items.map((p) => (
        <li key={p.id} data-state={p.state}>
          {p.state === 'met' ? <CheckmarkCircleFilled /> : p.state === 'notMet' ? <DismissCircleFilled /> : <QuestionCircleFilled />}
          <span>
            {p.title} <span className="muted">· {words[p.state] ?? p.state}</span>
          </span>
          {p.state !== 'met' && (p.remedy || p.command) && (
            <div className={styles.remedy}>
              {p.remedy && (
                <div>
                  <span>{p.remedy}</span>
                  {!p.command && <CopyButton text={p.remedy} label={`Copy what to do for ${p.title}`} />}
                </div>
              )}
              {p.command && (
                <div>
                  <code>{p.command}</code>
                  <CopyButton text={p.command} label={`Copy the command for ${p.title}`} />
                </div>
              )}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
