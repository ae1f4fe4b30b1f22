import type { CloudSupport } from '../../api/types';
import { Card } from '../../ui/Page';
import { Rows } from '../../ui/Rows';

/** What each cloud has of a connector; only where it is not everything. */
export function Clouds({ clouds }: { clouds: CloudSupport[] }) {
  if (!clouds.some((c) => c.current && (c.missing ?? []).length > 0) && clouds.length < 2) return null;
  return (
    <Card title="Availability in clouds">
      <Rows<CloudSupport>
        label="Availability in clouds"
        items={clouds}
        rowKey={(c) => c.cloud}
        columns={[
          { label: 'Cloud', cell: (c) => (c.current ? <strong>{c.title} (this tenant)</strong> : c.title) },
          { label: 'Available', cell: (c) => (c.available ?? []).join(', ') || '–' },
          { label: 'Not available', cell: (c) => (c.missing ?? []).join(', ') || '–' },
        ]}
      />
    </Card>
  );
}
