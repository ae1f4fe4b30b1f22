import { Input, Label, Tag, TagGroup } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { Label as IncidentLabel } from '../../api/types';
import styles from './Properties.module.css';

/** The tags of an incident: people's can be added and removed, the tenant's only read. */
export function LabelEditor(props: {
  labels: IncidentLabel[];
  disabled: boolean;
  onChange: (change: { add?: string[]; remove?: string[] }) => void;
}) {
  const [text, setText] = useState('');
  const add = () => {
    const name = text.trim();
    setText('');
    if (name !== '' && !props.labels.some((l) => l.labelName.toLowerCase() === name.toLowerCase())) props.onChange({ add: [name] });
  };
  return (
    <div>
      <div className={styles.labelsTitle}>
        <Label htmlFor="new-tag">Tags</Label>
      </div>
      <div className={styles.labels}>
        <TagGroup aria-label="Tags" size="small" className={styles.labels} onDismiss={(_, d) => props.onChange({ remove: [String(d.value)] })}>
          {props.labels.map((label) => (
            <Tag
              key={label.labelName}
              value={label.labelName}
              shape="circular"
              size="small"
              appearance="brand"
              dismissible={!props.disabled && label.labelType === 'User'}
              dismissIcon={{ 'aria-label': `remove tag ${label.labelName}` }}
            >
              {label.labelName}
            </Tag>
          ))}
        </TagGroup>
        {!props.disabled && (
          <Input
            id="new-tag"
            size="small"
            className={styles.addLabel}
            contentBefore={<AddRegular />}
            placeholder="Add a tag"
            value={text}
            onChange={(_, d) => setText(d.value)}
            onKeyDown={(event) => event.key === 'Enter' && add()}
            onBlur={add}
          />
        )}
        {props.disabled && props.labels.length === 0 && <span className="muted">None</span>}
      </div>
    </div>
  );
}
