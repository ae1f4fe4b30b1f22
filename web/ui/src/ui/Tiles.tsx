import styles from './Cards.module.css';
import { formatNumber } from './format';

/** Counts above a list. */
export function Tiles({ items }: { items: { label: string; value: number | undefined }[] }) {
  return (
    <div className={styles.tiles}>
      {items.map((t) => (
        <div key={t.label} className={styles.tile}>
          <strong>{t.value === undefined ? '–' : formatNumber(t.value)}</strong>
          <span>{t.label}</span>
        </div>
      ))}
    </div>
  );
}
