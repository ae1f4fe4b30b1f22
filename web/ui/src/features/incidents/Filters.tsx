import { Menu, MenuButton, MenuItemCheckbox, MenuItemRadio, MenuList, MenuPopover, MenuTrigger, Tag, Button } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { SeverityBadge, StatusBadge } from '../../ui/badges';
import { defaultStatus, type ListState, readNames, severities, statuses } from './urlState';

/** The filters of the queue as drop-downs that say what they do. */
export function Filters({ state, set }: { state: ListState; set: (change: Partial<ListState>) => void }) {
  const status = state.status === 'all' ? [...statuses] : (state.status ?? defaultStatus).split(',');
  const severity = state.severity?.split(',') ?? [];
  const setStatus = (chosen: string[]) => {
    const names = chosen.length === 0 || chosen.length === statuses.length ? 'all' : readNames(chosen.join(','), statuses);
    set({ status: names === defaultStatus ? undefined : names });
  };
  const owner = state.owner ?? '';
  const ownerText = owner === 'me' ? 'Me' : owner === 'none' ? 'Unassigned' : owner === '' ? 'Anyone' : owner;
  return (
    <>
      <FilterMenu label="Status" value={state.status === 'all' ? 'All' : status.join(', ')} checked={status} onChange={setStatus}>
        {statuses.map((s) => (
          <MenuItemCheckbox key={s} name="filter" value={s}>
            <StatusBadge value={s} />
          </MenuItemCheckbox>
        ))}
      </FilterMenu>
      <FilterMenu label="Severity" value={severity.length === 0 ? 'All' : severity.join(', ')} checked={severity} onChange={(c) => set({ severity: c.length === severities.length ? undefined : readNames(c.join(','), severities) })}>
        {severities.map((s) => (
          <MenuItemCheckbox key={s} name="filter" value={s}>
            <SeverityBadge value={s} />
          </MenuItemCheckbox>
        ))}
      </FilterMenu>
      <FilterMenu label="Owner" value={ownerText} checked={[owner]} onChange={(c) => set({ owner: c[0] || undefined })}>
        <MenuItemRadio name="filter" value="">
          Anyone
        </MenuItemRadio>
        <MenuItemRadio name="filter" value="me">
          Me
        </MenuItemRadio>
        <MenuItemRadio name="filter" value="none">
          Unassigned
        </MenuItemRadio>
        {!['', 'me', 'none'].includes(owner) && (
          <MenuItemRadio name="filter" value={owner}>
            {owner}
          </MenuItemRadio>
        )}
      </FilterMenu>
      {state.label && (
        <Tag dismissible dismissIcon={{ 'aria-label': 'remove filter' }} onClick={() => set({ label: undefined })} appearance="brand">
          Tag: {state.label}
        </Tag>
      )}
      {(state.severity || state.owner || state.q || state.label || state.status) && (
        <Button appearance="subtle" icon={<DismissRegular />} onClick={() => set({ severity: undefined, owner: undefined, q: undefined, label: undefined, status: undefined })}>
          Reset
        </Button>
      )}
    </>
  );
}

function FilterMenu(props: { label: string; value: string; checked: string[]; onChange: (values: string[]) => void; children: ReactNode }) {
  return (
    <Menu persistOnItemClick={props.label !== 'Owner'} checkedValues={{ filter: props.checked }} onCheckedValueChange={(_, d) => props.onChange(d.checkedItems)}>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton>
          <span>
            <span className="muted">{props.label}:</span> {props.value}
          </span>
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>{props.children}</MenuList>
      </MenuPopover>
    </Menu>
  );
}
