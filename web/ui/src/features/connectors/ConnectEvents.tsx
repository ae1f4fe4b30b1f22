import { Button, Checkbox } from '@fluentui/react-components';
import { useEffect, useMemo, useState } from 'react';
import type { ConnectorDetail, ConnectorTable } from '../../api/types';
import { mayContribute, useSession, useWorkspace } from '../../app/session';
import { formatBytes, formatCount, formatSpan } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Ago } from '../../ui/Time';
import styles from './Connectors.module.css';
import { ExportGuide } from './ExportGuide';
import { difference, families, type Family, ticked } from './tableModel';
import { useConnectorAction } from './useConnector';

/** Chooses the event tables, grouped by product. Nothing changes before Apply. */
export function ConnectEvents({ id, detail }: { id: string; detail: ConnectorDetail }) {
  const workspace = useWorkspace();
  const session = useSession();
  const action = useConnectorAction(workspace.name, id);
  const tables = useMemo(() => detail.tables ?? [], [detail.tables]);
  const selected = useMemo(() => tables.filter((t) => t.selected).map((t) => t.name).sort().join(), [tables]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(selected.split(',').filter(Boolean)));
  // A live update of counts must not undo ticks; only a new selection on the server replaces them.
  useEffect(() => setChosen(new Set(selected.split(',').filter(Boolean))), [selected]);
  const may = mayContribute(session.user.role) && (detail.solution?.installed ?? true);
  const { add, remove } = difference(tables, chosen);
  const tick = (names: string[], on: boolean) =>
    setChosen((old) => {
      const next = new Set(old);
      for (const name of names) on ? next.add(name) : next.delete(name);
      return next;
    });
  return (
    <Card title="3. Connect events">
      <p className="muted">Tick the tables whose raw events this workspace stores. Ticked here says what is kept; exported there says what the tenant sends.</p>
      {detail.exportGuide && <ExportGuide guide={detail.exportGuide} />}
      {families(tables).map((family) => (
        <FamilyTable key={family.name} family={family} chosen={chosen} disabled={!may} onTick={tick} />
      ))}
      <div className={styles.apply}>
        <Button
          appearance="primary"
          disabled={!may || action.isPending || add + remove === 0}
          onClick={() => action.mutate({ method: 'PUT', path: 'tables', body: { tables: ticked(tables, chosen) }, done: 'The choice of tables is applied', failed: 'The choice of tables was not applied' })}
        >
          Apply changes
        </Button>
        <span className="muted" role="status">
          {add + remove === 0 ? 'No changes' : [add > 0 && `${add} to add`, remove > 0 && `${remove} to remove`].filter(Boolean).join(', ')}
        </span>
      </div>
    </Card>
  );
}

function FamilyTable(props: { family: Family; chosen: ReadonlySet<string>; disabled: boolean; onTick: (names: string[], on: boolean) => void }) {
  const { family, chosen } = props;
  const on = family.tables.filter((t) => chosen.has(t.name)).length;
  return (
    <div className={styles.family}>
      <div className={styles.familyHead}>
        <Checkbox
          disabled={props.disabled}
          checked={on === 0 ? false : on === family.tables.length ? true : 'mixed'}
          label={`${family.name} (${on}/${family.tables.length})`}
          onChange={(_, d) => props.onTick(family.tables.filter((t) => !t.new).map((t) => t.name), d.checked === true)}
        />
      </div>
      <table className={styles.table} aria-label={family.name}>
        <thead>
          <tr>
            <th>Ticked here</th>
            <th>Exported there</th>
            <th>Last seen</th>
            <th data-number>Rows</th>
            <th data-number>Last 24 h</th>
            <th data-number>Size</th>
            <th data-number>Retention</th>
            <th data-number>Lag</th>
          </tr>
        </thead>
        <tbody>
          {family.tables.map((table) => (
            <TableRow key={table.name} table={table} checked={chosen.has(table.name)} disabled={props.disabled} onTick={(v) => props.onTick([table.name], v)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TableRow({ table, checked, disabled, onTick }: { table: ConnectorTable; checked: boolean; disabled: boolean; onTick: (on: boolean) => void }) {
  return (
    <tr>
      <td>
        <Checkbox checked={checked} disabled={disabled || table.new === true} label={table.new ? `${table.name} (new, always stored)` : table.name} onChange={(_, d) => onTick(d.checked === true)} />
      </td>
      <td title="Whether the tenant's streaming export sends this table">{table.exported === null ? 'Unknown' : table.exported ? 'Yes' : 'Not seen'}</td>
      <td>
        <Ago value={table.lastSeen} />
      </td>
      <td data-number>{formatCount(table.rows)}</td>
      <td data-number>{table.rows24h === undefined ? '–' : formatCount(table.rows24h)}</td>
      <td data-number>{table.bytes ? formatBytes(table.bytes) : '–'}</td>
      <td data-number>{table.retentionDays ? `${table.retentionDays} d` : '–'}</td>
      <td data-number>{table.lagSeconds === null || table.lagSeconds === undefined ? '–' : formatSpan(table.lagSeconds * 1000)}</td>
    </tr>
  );
}
