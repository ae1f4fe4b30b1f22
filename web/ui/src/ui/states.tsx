import { Button, Spinner } from '@fluentui/react-components';
import { ArrowClockwiseRegular, ErrorCircleRegular } from '@fluentui/react-icons';
import type { ReactElement, ReactNode } from 'react';
import { ApiError, nextStep } from '../api/http';
import styles from './states.module.css';

/** Shown where there is nothing yet: what belongs here and how to get it. */
export function EmptyState(props: { icon?: ReactElement; title: string; children?: ReactNode; action?: ReactNode; small?: boolean }) {
  return (
    <div className={props.small ? styles.small : styles.state}>
      {props.icon && <div className={styles.icon}>{props.icon}</div>}
      <h2 className={styles.title}>{props.title}</h2>
      {props.children && <div className={styles.text}>{props.children}</div>}
      {props.action}
    </div>
  );
}

/** An error that took the place of content: message, what next, code, and a way to try again. */
export function ErrorState({ error, retry, title }: { error: unknown; retry?: () => void; title?: string }) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div className={styles.state} role="alert">
      <div className={styles.errorIcon}>
        <ErrorCircleRegular />
      </div>
      <h2 className={styles.title}>{title ?? 'This could not be loaded'}</h2>
      <div className={styles.text}>
        <p>{message}</p>
        <p>{nextStep(error)}</p>
        {error instanceof ApiError && <p className={styles.code}>Code: {error.code}</p>}
      </div>
      {retry && (
        <Button icon={<ArrowClockwiseRegular />} onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Shown while content is on its way; it appears late so that quick answers do not flicker. */
export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <div className={styles.loading}>
      <Spinner size="small" label={label} />
    </div>
  );
}
