import { useQuery } from '@tanstack/react-query';
import { intakeQuery, type TableHealth } from '../../api/intake';
import { useWorkspace } from '../../app/session';
import { formatCount, formatSpan } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Rows } from '../../ui/Rows';
import { ErrorState, Loading } from '../../ui/states';
import { Ago } from '../../ui/Time';
import { arriving, lateText, leftOutText, rateText } from './arrivalModel';

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
          { label: 'After their event', cell: (t) => lateText(t.lateness) },
          { label: 'Behind', nowrap: true, cell: (t) => (t.lagSeconds < 1 ? '–' : formatSpan(t.lagSeconds * 1000)) },
          { label: 'Positions lost', number: true, cell: (t) => (t.gaps === 0 ? '–' : formatCount(t.gaps)) },
          { label: 'Left out', cell: leftOutText },
          { label: 'Dead letters', number: true, cell: (t) => (t.deadLetters === 0 ? '–' : formatCount(t.deadLetters)) },
        ]}
      />
    </Card>
  );
}
