import { Button, Tab, TabList } from '@fluentui/react-components';
import { AddCircleRegular, CopyRegular, SubtractCircleRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { ResultColumn } from '../../api/types';
import { cellText } from '../../ui/cells';
import { kqlLiteral, prettyText, rowObject } from './gridModel';
import styles from './RowDetail.module.css';

interface Props {
  columns: ResultColumn[];
  row: unknown[];
  width: number;
  onCopy: (text: string) => void;
  onCondition?: (column: string, value: unknown, type: string, keep: boolean) => void;
}

/** One row in full: every field with its actions, or the whole as JSON. */
export function RowDetail({ columns, row, width, onCopy, onCondition }: Props) {
  const [tab, setTab] = useState('fields');
  const [empty, setEmpty] = useState(false);
  const json = JSON.stringify(rowObject(columns, row), null, 2);
  const filled = columns.map((column, i) => ({ column, value: row[i] })).filter((f) => empty || (f.value !== null && f.value !== undefined && f.value !== ''));
  return (
    <div className={styles.detail} style={{ width: width - 20 }}>
      <div className={styles.bar}>
        <TabList size="small" selectedValue={tab} onTabSelect={(_, d) => setTab(String(d.value))}>
          <Tab value="fields">Fields</Tab>
          <Tab value="json">JSON</Tab>
        </TabList>
        <span className={styles.spacer} />
        {tab === 'fields' && (
          <Button size="small" appearance="subtle" onClick={() => setEmpty(!empty)}>
            {empty ? 'Hide empty fields' : `Show empty fields (${columns.length - filled.length})`}
          </Button>
        )}
        <Button size="small" appearance="subtle" icon={<CopyRegular />} onClick={() => onCopy(json)}>
          Copy JSON
        </Button>
      </div>
      {tab === 'json' ? (
        <pre className={styles.json}>{json}</pre>
      ) : (
        <dl className={styles.fields}>
          {filled.map(({ column, value }) => {
            const literal = kqlLiteral(value, column.type);
            return (
              <div key={column.name}>
                <dt title={column.type}>{column.name}</dt>
                <dd>
                  <pre>{prettyText(value, column.type)}</pre>
                  <span className={styles.actions}>
                    {onCondition && literal !== undefined && (
                      <>
                        <Button size="small" appearance="subtle" icon={<AddCircleRegular />} aria-label={`Only rows with this ${column.name}`} title="Only rows with this value" onClick={() => onCondition(column.name, value, column.type, true)} />
                        <Button size="small" appearance="subtle" icon={<SubtractCircleRegular />} aria-label={`No rows with this ${column.name}`} title="No rows with this value" onClick={() => onCondition(column.name, value, column.type, false)} />
                      </>
                    )}
                    <Button size="small" appearance="subtle" icon={<CopyRegular />} aria-label={`Copy ${column.name}`} title="Copy" onClick={() => onCopy(cellText(value))} />
                  </span>
                </dd>
              </div>
            );
          })}
        </dl>
      )}
    </div>
  );
}
