import { Dropdown, Field, Input, Option, Textarea } from '@fluentui/react-components';
import { OwnerPicker } from '../OwnerPicker';
import { severities, statuses } from '../urlState';
import { closings } from '../words';
import styles from './Bulk.module.css';
import type { BulkForm } from './bulkModel';

/** The form of a bulk change. Every field starts at "No change". */
export function BulkFields({ form, set }: { form: BulkForm; set: (part: Partial<BulkForm>) => void }) {
  const owner = form.owner === undefined ? undefined : form.owner === null ? null : { objectId: '', email: form.owner, assignedTo: form.owner, userPrincipalName: form.owner };
  return (
    <div className={styles.fields}>
      <Choice label="Status" value={form.status} options={statuses} onChange={(status) => set({ status })} />
      <Choice label="Severity" value={form.severity} options={severities} onChange={(severity) => set({ severity })} />
      {form.status === 'Closed' && (
        <>
          <Field label="Classification" required className={styles.wide}>
            <Dropdown
              placeholder="Choose why"
              value={closings.find((c) => c.value === form.closing)?.label ?? ''}
              selectedOptions={[form.closing]}
              onOptionSelect={(_, d) => set({ closing: d.optionValue ?? '' })}
            >
              {closings.map((c) => (
                <Option key={c.value} value={c.value} text={c.label}>
                  {c.label}
                </Option>
              ))}
            </Dropdown>
          </Field>
          <Field label="Closing comment" className={styles.wide}>
            <Textarea value={form.closingComment} onChange={(_, d) => set({ closingComment: d.value })} />
          </Field>
        </>
      )}
      <Field label="Owner" className={styles.wide}>
        <OwnerPicker owner={owner} disabled={false} onChange={(upn) => set({ owner: upn })} />
      </Field>
      <Field label="Add tags" hint="Separate several with commas">
        <Input value={form.addTags} onChange={(_, d) => set({ addTags: d.value })} />
      </Field>
      <Field label="Remove tags" hint="Separate several with commas">
        <Input value={form.removeTags} onChange={(_, d) => set({ removeTags: d.value })} />
      </Field>
      <Field label="Comment" className={styles.wide}>
        <Textarea value={form.comment} maxLength={30_000} placeholder="Added to each incident, here and in Defender" onChange={(_, d) => set({ comment: d.value })} />
      </Field>
    </div>
  );
}

function Choice(props: { label: string; value: string; options: readonly string[]; onChange: (value: string) => void }) {
  return (
    <Field label={props.label}>
      <Dropdown className={styles.dropdown} value={props.value || 'No change'} selectedOptions={[props.value]} onOptionSelect={(_, d) => props.onChange(d.optionValue ?? '')}>
        <Option value="" text="No change">
          No change
        </Option>
        {props.options.map((o) => (
          <Option key={o} value={o} text={o}>
            {o}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}
