import { useMemo } from 'react';
import type { ConnectorDetail } from '../../api/types';
import { Chart } from '../../ui/chart/Chart';
import { formatCount } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import styles from './Connectors.module.css';
import { receivedChart, total } from './receivedModel';

type Series = NonNullable<ConnectorDetail['received']>[number];

/** Rows over time, one line for each kind of data, and the same as figures per table. */
export function Received({ received }: { received: Series[] }) {
  const chart = useMemo(() => receivedChart(received), [received]);
  if (!chart) return null;
  return (
    <Card title="Data received">
      <div className={styles.chart}>
        <Chart chart={chart} />
      </div>
      <details className={styles.perTable}>
        <summary>Rows per table</summary>
        <Rows<Series>
          label="Rows per table"
          items={received}
          rowKey={(r) => r.table}
          columns={[
            { label: 'Table', cell: (r) => r.table },
            { label: 'Rows', number: true, cell: (r) => formatCount(total(r)) },
          ]}
        />
      </details>
    </Card>
  );
}
