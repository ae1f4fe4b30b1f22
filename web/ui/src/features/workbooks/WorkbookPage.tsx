import { Dropdown, Option } from '@fluentui/react-components';
import { ChevronLeftRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type Workbook, workbookQuery } from '../../api/content';
import { useTitle, useWorkspace } from '../../app/session';
import { PageHeader } from '../../ui/Page';
import { ErrorState, Loading } from '../../ui/states';
import { TileCard } from './TileCard';
import styles from './Workbooks.module.css';

const ranges: Record<string, string> = { PT24H: 'Last 24 hours', P3D: 'Last 3 days', P7D: 'Last 7 days', P14D: 'Last 14 days', P30D: 'Last 30 days', P90D: 'Last 90 days' };

/** One workbook: its tiles, each the answer of one query. */
export function WorkbookPage() {
  const { id } = useParams({ from: '/w/$ws/workbooks/$id' });
  const workspace = useWorkspace();
  const query = useQuery(workbookQuery(workspace.name, id));
  useTitle(query.data?.title ?? 'Workbook');
  if (query.data) return <Tiles workbook={query.data} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <Loading label="Loading the workbook" />;
}

function Tiles({ workbook }: { workbook: Workbook }) {
  const workspace = useWorkspace();
  const [time, setTime] = useState(workbook.timespan || 'P7D');
  return (
    <>
      <PageHeader
        above={
          <Link to="/w/$ws/workbooks" params={{ ws: workspace.name }} className="link">
            <ChevronLeftRegular /> Workbooks
          </Link>
        }
        title={workbook.title}
        lead={workbook.description}
        actions={
          <Dropdown aria-label="Time range" value={ranges[time] ?? time} selectedOptions={[time]} onOptionSelect={(_, d) => setTime(d.optionValue ?? time)}>
            {[...new Set([...Object.keys(ranges), time])].map((t) => (
              <Option key={t} value={t} text={ranges[t] ?? t}>
                {ranges[t] ?? t}
              </Option>
            ))}
          </Dropdown>
        }
      />
      <div className={styles.tiles}>
        {(workbook.tiles ?? []).map((tile, i) => (
          <TileCard key={i} tile={tile} time={time} />
        ))}
      </div>
    </>
  );
}
