import { spaced } from './format';
import styles from './Chips.module.css';

/** Short words side by side, such as tactics and techniques. */
export function Chips({ items }: { items: (string | null | undefined)[] | null | undefined }) {
  const shown = (items ?? []).filter((t): t is string => Boolean(t));
  if (shown.length === 0) return null;
  return (
    <span className={styles.chips}>
      {shown.map((t) => (
        <span key={t} className={styles.chip}>
          {/^T\d/.test(t) ? t : spaced(t)}
        </span>
      ))}
    </span>
  );
}
