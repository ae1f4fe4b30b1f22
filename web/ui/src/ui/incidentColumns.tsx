import { Link } from '@tanstack/react-router';
import type { Incident } from '../api/types';
import { SeverityBadge, StatusBadge } from './badges';
import type { RowColumn } from './Rows';
import { Moment } from './Time';

/** The columns of a short list of incidents: which one, how grave, how far, since when. */
export const incidentColumns = <T extends Incident>(ws: string): RowColumn<T>[] => [
  {
    label: 'Incident',
    cell: (i) => (
      <Link to="/w/$ws/incidents/$number" params={{ ws, number: String(i.incidentNumber) }} className="link">
        {i.incidentNumber} · {i.title}
      </Link>
    ),
  },
  { label: 'Severity', nowrap: true, cell: (i) => <SeverityBadge value={i.severity} /> },
  { label: 'Status', nowrap: true, cell: (i) => <StatusBadge value={i.status} /> },
  { label: 'Created', nowrap: true, cell: (i) => <Moment value={i.createdTimeUtc} /> },
];
