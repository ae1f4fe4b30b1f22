import { ShieldRegular } from '@fluentui/react-icons';
import { Link } from '@tanstack/react-router';
import type { Incident } from '../../api/types';
import { useWorkspace } from '../../app/session';
import { EmptyState } from '../../ui/states';

/** Says why an incident has no alerts, and leads to what would fill it. */
export function EmptyAlerts({ incident, small }: { incident: Incident; small?: boolean }) {
  const workspace = useWorkspace();
  const cloud = /Defender for Cloud\b(?! Apps)/.test(incident.emptyReason ?? '');
  return (
    <EmptyState
      small={small}
      icon={<ShieldRegular />}
      title="No alerts"
      action={
        cloud && (
          <Link to="/w/$ws/connectors/$id" params={{ ws: workspace.name, id: 'defender-cloud' }} className="link">
            Open the Microsoft Defender for Cloud connector
          </Link>
        )
      }
    >
      {incident.emptyReason || 'The alerts of this incident have not arrived yet.'}
    </EmptyState>
  );
}
