import { Checkbox } from '@fluentui/react-components';
import type { Directory } from '../../api/ueba';
import { ConnectionBadge } from '../../ui/badges';
import { formatNumber } from '../../ui/format';
import { Ago } from '../../ui/Time';
import styles from './Ueba.module.css';

/** One directory: its box, its state, and the ways its people come. */
export function DirectoryChoice(props: { directory: Directory; checked: boolean; disabled: boolean; onTick: (on: boolean) => void }) {
  const { directory: d } = props;
  return (
    <div className={styles.directory}>
      <div className={styles.head}>
        <Checkbox checked={props.checked} disabled={props.disabled} label={d.title} onChange={(_, c) => props.onTick(c.checked === true)} />
        {d.state !== 'off' && <ConnectionBadge state={d.state} />}
      </div>
      {d.refused && <p className={styles.refused}>Cannot be turned on now: {d.refused}</p>}
      <ul>
        {(d.sources ?? []).map((s) => (
          <li key={s.name}>
            <strong>{s.title}</strong> <span className="muted">· {formatNumber(s.people)} people · read </span>
            <Ago value={s.lastRead} />
            {s.message && <div className="muted">{s.message}</div>}
          </li>
        ))}
      </ul>
    </div>
  );
}
