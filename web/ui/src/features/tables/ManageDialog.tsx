import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Dropdown, Field, Input, MessageBar, MessageBarBody, Option, Spinner } from '@fluentui/react-components';
import { useState } from 'react';
import type { Plan, TableItem } from '../../api/tables';
import { useWorkspace } from '../../app/session';
import { errorText } from '../../ui/toast';
import { Effects } from './Effects';
import { changeOf, daysProblem, formOf } from './form';
import styles from './Tables.module.css';
import { useTableChange } from './useTableChange';

const plans: { plan: Plan; text: string }[] = [
  { plan: 'Analytics', text: 'Analytics: every query, rules and workbooks' },
  { plan: 'Basic', text: 'Basic: queries of one table, 30 days interactive' },
  { plan: 'Auxiliary', text: 'Auxiliary: rarely read, 30 days interactive' },
];

/** Changes plan and retention of a table, or the workspace's default, after telling what that would do. */
export function ManageDialog({ table, standard, onClose }: { table: TableItem | undefined; standard: { retentionDays: number; totalRetentionDays: number }; onClose: () => void }) {
  const workspace = useWorkspace();
  const before = formOf(table, standard);
  const [form, setForm] = useState(before);
  const { preview, apply } = useTableChange(workspace.name, table?.name);
  const change = changeOf(before, form);
  const bad = { days: daysProblem(form.days, 730), total: daysProblem(form.total, 4383) };
  const set = (part: Partial<typeof form>) => {
    preview.reset();
    apply.reset();
    setForm({ ...form, ...part });
  };
  const error = apply.error ?? preview.error;
  return (
    <Dialog open onOpenChange={(_, d) => !d.open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{table ? `Manage ${table.name}` : 'Default retention of the workspace'}</DialogTitle>
          <DialogContent>
            <div className={styles.form}>
              {table && (
                <Field label="Plan">
                  <Dropdown value={plans.find((p) => p.plan === form.plan)?.text} selectedOptions={[form.plan]} onOptionSelect={(_, d) => set({ plan: d.optionValue as Plan })}>
                    {plans.map((p) => (
                      <Option key={p.plan} value={p.plan} text={p.text}>
                        {p.text}
                      </Option>
                    ))}
                  </Dropdown>
                </Field>
              )}
              {form.plan === 'Analytics' && (
                <Field label="Interactive retention in days" hint="Ordinary queries reach this far back." validationMessage={bad.days || undefined}>
                  <Input type="number" min={4} max={730} placeholder={`Default (${standard.retentionDays})`} value={form.days} onChange={(_, d) => set({ days: d.value })} />
                </Field>
              )}
              <Field label="Total retention in days" hint="After it, whole days of rows are deleted. Between the two, rows are found by search and restore." validationMessage={bad.total || undefined}>
                <Input type="number" min={4} max={4383} placeholder={`Default (${standard.totalRetentionDays})`} value={form.total} onChange={(_, d) => set({ total: d.value })} />
              </Field>
              {preview.data && <Effects changed={preview.data} />}
              {error && (
                <MessageBar intent="error" layout="multiline">
                  <MessageBarBody>{errorText(error)}</MessageBarBody>
                </MessageBar>
              )}
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            {preview.data ? (
              <Button appearance="primary" disabled={!change || apply.isPending} icon={apply.isPending ? <Spinner size="tiny" /> : undefined} onClick={() => change && apply.mutate(change, { onSuccess: onClose })}>
                Apply
              </Button>
            ) : (
              <Button appearance="primary" disabled={!change || Boolean(bad.days || bad.total) || preview.isPending} onClick={() => change && preview.mutate(change)}>
                Show what it does
              </Button>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
