import { Switch } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Rule } from '../../api/content';
import { useWorkspace } from '../../app/session';
import { SeverityBadge } from '../../ui/badges';
import { Chips } from '../../ui/Chips';
import { isTime, plural } from '../../ui/format';
import { Kql, LogsLink } from '../../ui/Kql';
import { Ago } from '../../ui/Time';
import styles from './Rules.module.css';
import { duration, filterText } from './words';

/** One rule with its switch, or a template with the way to run its query. */
export function RuleCard({ rule, disabled, onSwitch }: { rule: Rule; disabled: boolean; onSwitch: (on: boolean) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <article className={styles.card} aria-label={rule.name}>
      <div className={styles.head}>
        <button type="button" className={styles.name} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? <ChevronDownRegular /> : <ChevronRightRegular />}
          {rule.name}
        </button>
        {rule.severity && <SeverityBadge value={rule.severity} />}
        <Chips items={[...(rule.tactics ?? []), ...(rule.techniques ?? [])]} />
        <span className={styles.switch}>
          {rule.template ? (
            <LogsLink query={rule.query ?? ''}>Run in Logs</LogsLink>
          ) : (
            <Switch checked={rule.enabled} disabled={disabled} label={rule.enabled ? 'Enabled' : 'Disabled'} labelPosition="before" aria-label={`${rule.name}, enabled`} onChange={(_, d) => onSwitch(d.checked)} />
          )}
        </span>
      </div>
      <div className={styles.line}>
        <span>{rule.kind === 'Scheduled' ? 'Scheduled' : 'Microsoft incident creation'}</span>
        {rule.queryFrequency && (
          <span>
            every {duration(rule.queryFrequency)} over {duration(rule.queryPeriod)}
          </span>
        )}
        {isTime(rule.lastRun) && (
          <span>
            last run <Ago value={rule.lastRun} />
          </span>
        )}
        {isTime(rule.nextRun) && (
          <span>
            next run <Ago value={rule.nextRun} />
          </span>
        )}
        {rule.lastResult && <span data-failed={rule.failed || undefined}>{rule.lastResult}</span>}
        {Boolean(rule.incidents) && <span>{plural(rule.incidents ?? 0, 'incident')} made</span>}
      </div>
      {open && <Details rule={rule} />}
    </article>
  );
}

function Details({ rule }: { rule: Rule }) {
  const workspace = useWorkspace();
  return (
    <div className={styles.details}>
      {rule.description && <p>{rule.description}</p>}
      {rule.kind === 'MicrosoftSecurityIncidentCreation' && <p>{filterText(rule)}</p>}
      {rule.query && <Kql title={rule.name} query={rule.query} />}
      {rule.solution && (
        <p className="muted">
          Part of the solution{' '}
          <Link to="/w/$ws/content/$id" params={{ ws: workspace.name, id: rule.solution }} className="link">
            {rule.solution}
          </Link>
        </p>
      )}
    </div>
  );
}
