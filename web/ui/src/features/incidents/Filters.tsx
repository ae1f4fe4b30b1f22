import { Button, Menu, MenuButton, MenuItemCheckbox, MenuItemRadio, MenuList, MenuPopover, MenuTrigger, Tag } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { SeverityBadge, StatusBadge } from '../../ui/badges';
import { TagFilter } from './TagFilter';
import { defaultStatus, type ListState, readNames, severities, statuses, syncStates } from './urlState';
import { productName, products } from './words';

const syncWords: Record<string, string> = { attention: 'Needs attention', pending: 'On its way', synced: 'Synced', local: 'Local' };

/** The filters of the queue as drop-downs that say what they do. */
export function Filters({ state, set }: { state: ListState; set: (change: Partial<ListState>) => void }) {
  const status = state.status === 'all' ? [...statuses] : (state.status ?? defaultStatus).split(',');
  const severity = state.severity?.split(',') ?? [];
  const product = state.product?.split(',') ?? [];
  const sync = state.sync?.split(',') ?? [];
  const setStatus = (chosen: string[]) => {
    const names = chosen.length === 0 || chosen.length === statuses.length ? 'all' : readNames(chosen.join(','), statuses);
    set({ status: names === defaultStatus ? undefined : names });
  };
  const owner = state.owner ?? '';
  const ownerText = owner === 'me' ? 'Me' : owner === 'none' ? 'Unassigned' : owner === '' ? 'Anyone' : owner;
  const filtered = state.severity || state.owner || state.q || state.label || state.status || state.product || state.sync || state.merged;
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
      <FilterMenu label="Owner" single value={ownerText} checked={[owner]} onChange={(c) => set({ owner: c[0] || undefined })}>
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
      <FilterMenu
        label="Product"
        value={product.length === 0 ? 'All' : product.length === 1 ? productName(product[0]) : `${product.length} products`}
        checked={product}
        onChange={(c) => set({ product: c.length === 0 ? undefined : c.join(',') })}
      >
        {[...new Set([...Object.keys(products), ...product])].map((name) => (
          <MenuItemCheckbox key={name} name="filter" value={name}>
            {productName(name)}
          </MenuItemCheckbox>
        ))}
      </FilterMenu>
      <TagFilter value={state.label} onChange={(label) => set({ label })} />
      <FilterMenu
        label="Sync"
        value={sync.length === 0 ? 'All' : sync.map((s) => syncWords[s]).join(', ')}
        checked={[...sync, ...(state.merged ? ['merged'] : [])]}
        onChange={(c) => set({ sync: readNames(c.join(','), syncStates), merged: c.includes('merged') ? 'yes' : undefined })}
      >
        {syncStates.map((s) => (
          <MenuItemCheckbox key={s} name="filter" value={s}>
            {syncWords[s]}
          </MenuItemCheckbox>
        ))}
        <MenuItemCheckbox name="filter" value="merged">
          Show merged incidents too
        </MenuItemCheckbox>
      </FilterMenu>
      {state.label && (
        <Tag dismissible dismissIcon={{ 'aria-label': 'remove filter' }} onClick={() => set({ label: undefined })} appearance="brand">
          Tag: {state.label}
        </Tag>
      )}
      {filtered && (
        <Button
          appearance="subtle"
          icon={<DismissRegular />}
          onClick={() => set({ severity: undefined, owner: undefined, q: undefined, label: undefined, status: undefined, product: undefined, sync: undefined, merged: undefined })}
        >
          Reset
        </Button>
      )}
    </>
  );
}

function FilterMenu(props: { label: string; value: string; single?: boolean; checked: string[]; onChange: (values: string[]) => void; children: ReactNode }) {
  return (
    <Menu persistOnItemClick={!props.single} checkedValues={{ filter: props.checked }} onCheckedValueChange={(_, d) => props.onChange(d.checkedItems)}>
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
