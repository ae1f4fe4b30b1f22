import { useQuery } from '@tanstack/react-query';
import { intakeQuery, type TableHealth } from '../../api/intake';
import { useWorkspace } from '../../app/session';
import { Card } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { ErrorState, Loading } from '../../ui/states';
import { Ago } from '../../ui/Time';
import { arrivesText, arriving, notStoredText, rateText } from './arrivalModel';

/** How each table comes in: rate, lateness, what was left out. */
export function Arrival({ id }: { id: string }) {
  const workspace = useWorkspace();
  const intake = useQuery(intakeQuery(workspace.name, id));
  if (intake.isPending) return <Loading label="Loading how tables come in" />;
  if (!intake.data) return <ErrorState error={intake.error} retry={() => void intake.refetch()} />;
  const tables = arriving(intake.data.tables ?? []);
  if (tables.length === 0) return null;
  return (
    <Card title="How tables come in">
      <Rows<TableHealth>
        label="How tables come in"
        items={tables}
        rowKey={(t) => t.table}
        columns={[
          { label: 'Table', cell: (t) => (t.state === 'amber' ? <strong>{t.table} is silent</strong> : t.table) },
          { label: 'Newest event', nowrap: true, cell: (t) => <Ago value={t.lastEvent} /> },
          { label: 'A minute', number: true, nowrap: true, cell: rateText },
          { label: 'After their event', cell: arrivesText },
          { label: 'Not stored', cell: notStoredText },
        ]}
      />
    </Card>
  );
}
