import type { ReactNode } from 'react';
import styles from './Page.module.css';

/** A page's title row: where you are, what it is, what you can do. */
export function PageHeader(props: { title: ReactNode; lead?: ReactNode; actions?: ReactNode; above?: ReactNode }) {
  return (
    <header className={styles.header}>
      <div className={styles.text}>
        {props.above && <div className={styles.above}>{props.above}</div>}
        <h1 className={styles.title}>{props.title}</h1>
        {props.lead && <p className={styles.lead}>{props.lead}</p>}
      </div>
      {props.actions && <div className={styles.actions}>{props.actions}</div>}
    </header>
  );
}

/** A framed part of a page. */
export function Card(props: { title?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string; flush?: boolean }) {
  return (
    <section className={`${styles.card} ${props.className ?? ''}`} data-flush={props.flush || undefined}>
      {(props.title || props.actions) && (
        <div className={styles.cardHead}>
          <h2 className={styles.cardTitle}>{props.title}</h2>
          {props.actions}
        </div>
      )}
      {props.children}
    </section>
  );
}
