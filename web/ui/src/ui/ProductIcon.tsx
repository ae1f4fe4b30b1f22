import {
  CloudFilled,
  CloudFlowFilled,
  LaptopShieldFilled,
  MailShieldFilled,
  PeopleLockFilled,
  PersonKeyFilled,
  ShieldFilled,
  ShieldGlobeFilled,
} from '@fluentui/react-icons';
import type { ReactElement } from 'react';
import styles from './ProductIcon.module.css';

const icons: Record<string, ReactElement> = {
  'defender-xdr': <ShieldGlobeFilled />,
  'defender-endpoint': <LaptopShieldFilled />,
  'defender-office365': <MailShieldFilled />,
  'defender-identity': <PersonKeyFilled />,
  'defender-cloud-apps': <CloudFlowFilled />,
  'defender-cloud': <CloudFilled />,
  'defender-cloud-legacy': <CloudFilled />,
  'entra-id-protection': <PeopleLockFilled />,
};

/** The sign of a connector or solution, by its id. */
export function ProductIcon({ id }: { id: string }) {
  return (
    <span className={styles.icon} aria-hidden="true">
      {icons[id] ?? <ShieldFilled />}
    </span>
  );
}
