import { ChevronRightRegular } from '@fluentui/react-icons';
import { Link } from '@tanstack/react-router';
import { useWorkspace } from '../../app/session';
import { Card } from '../../ui/Page';
import styles from './Connectors.module.css';

/** Leads to where the directories are chosen whose people the workspace knows. */
export function ConnectEntities() {
  const workspace = useWorkspace();
  return (
    <Card title="2. Connect entities">
      <div className={styles.connect}>
        <p>Brings the users of your on-premises Active Directory, through Microsoft Defender for Identity, and of Microsoft Entra ID into this workspace.</p>
        <Link to="/w/$ws/ueba" params={{ ws: workspace.name }} className={`link ${styles.go}`}>
          Go the UEBA configuration page <ChevronRightRegular />
        </Link>
      </div>
    </Card>
  );
}
