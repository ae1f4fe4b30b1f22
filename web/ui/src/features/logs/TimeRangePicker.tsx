import { Button, Field, Input, Menu, MenuButton, MenuItem, MenuItemRadio, MenuList, MenuPopover, MenuTrigger, MenuDivider, Popover, PopoverSurface } from '@fluentui/react-components';
import { ClockRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import styles from './LogsPage.module.css';
import { parseInterval, presets, timeLabel } from './timeRange';

/** Chooses the time a query looks at; steps aside when the query says it itself. */
export function TimeRangePicker({ value, disabled, onChange }: { value: string; disabled: boolean; onChange: (value: string) => void }) {
  const [custom, setCustom] = useState(false);
  const [button, setButton] = useState<HTMLElement | null>(null);
  const interval = parseInterval(value);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const next = `${from}Z/${to}Z`;
  const good = parseInterval(next) !== undefined;
  const openCustom = () => {
    const now = Date.now();
    setFrom((interval?.from ?? new Date(now - 86_400_000)).toISOString().slice(0, 16));
    setTo((interval?.to ?? new Date(now)).toISOString().slice(0, 16));
    setCustom(true);
  };
  return (
    <>
      <Menu checkedValues={{ time: [value] }} onCheckedValueChange={(_, d) => onChange(d.checkedItems[0])}>
        <MenuTrigger disableButtonEnhancement>
          <MenuButton ref={setButton} icon={<ClockRegular />} disabled={disabled} aria-label={`Time range: ${disabled ? 'set in query' : timeLabel(value)}`}>
            {disabled ? 'Set in query' : timeLabel(value)}
          </MenuButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {presets.map((p) => (
              <MenuItemRadio key={p.value} name="time" value={p.value}>
                {p.label}
              </MenuItemRadio>
            ))}
            <MenuDivider />
            <MenuItem onClick={openCustom}>Other times…</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Popover open={custom} onOpenChange={(_, d) => !d.open && setCustom(false)} trapFocus positioning={{ target: button, position: 'below', align: 'start' }}>
        <PopoverSurface aria-label="Other times">
          <div className={styles.custom}>
            <Field label="From (UTC)">
              <Input type="datetime-local" value={from} onChange={(_, d) => setFrom(d.value)} />
            </Field>
            <Field label="To (UTC)" validationMessage={good ? undefined : 'The end must come after the start.'} validationState={good ? 'none' : 'error'}>
              <Input type="datetime-local" value={to} onChange={(_, d) => setTo(d.value)} />
            </Field>
            <Button
              appearance="primary"
              disabled={!good}
              onClick={() => {
                setCustom(false);
                const range = parseInterval(next)!;
                onChange(`${range.from.toISOString()}/${range.to.toISOString()}`);
              }}
            >
              Apply
            </Button>
          </div>
        </PopoverSurface>
      </Popover>
    </>
  );
}
