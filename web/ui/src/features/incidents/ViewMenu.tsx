import { Button, Field, Input, Menu, MenuButton, MenuDivider, MenuGroup, MenuGroupHeader, MenuItem, MenuItemCheckbox, MenuList, MenuPopover, MenuTrigger, Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components';
import { BookmarkRegular, ColumnTripleRegular, DeleteRegular, SaveRegular } from '@fluentui/react-icons';
import { type FormEvent, useState } from 'react';
import { usePreference } from '../../app/preference';
import { columns } from './columns';
import type { ListState } from './urlState';

/** A set of filters under a name, kept for the person. */
export interface SavedView {
  name: string;
  state: ListState;
}

/** Filters that were saved under a name. */
export function ViewMenu({ state, onOpen }: { state: ListState; onOpen: (state: ListState) => void }) {
  const [views, setViews] = usePreference<SavedView[]>('incidents.views', []);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const save = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = name.trim();
    if (trimmed === '') return;
    const { page: _page, selected: _selected, ...kept } = state;
    setViews([...views.filter((v) => v.name !== trimmed), { name: trimmed, state: kept }]);
    setNaming(false);
    setName('');
  };
  return (
    <>
      {views.length > 0 && (
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <MenuButton icon={<BookmarkRegular />}>Saved filters</MenuButton>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {views.map((v) => (
                <MenuItem key={v.name} onClick={() => onOpen(v.state)}>
                  {v.name}
                </MenuItem>
              ))}
              <MenuDivider />
              <MenuGroup>
                <MenuGroupHeader>Remove</MenuGroupHeader>
                {views.map((v) => (
                  <MenuItem key={v.name} icon={<DeleteRegular />} onClick={() => setViews(views.filter((o) => o !== v))}>
                    {v.name}
                  </MenuItem>
                ))}
              </MenuGroup>
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
      <Popover open={naming} trapFocus onOpenChange={(_, d) => setNaming(d.open)}>
        <PopoverTrigger disableButtonEnhancement>
          <Button icon={<SaveRegular />}>Save filters</Button>
        </PopoverTrigger>
        <PopoverSurface aria-label="Save these filters">
          <form onSubmit={save} style={{ display: 'flex', gap: 8, alignItems: 'flex-end' }}>
            <Field label="Name of these filters">
              <Input value={name} onChange={(_, d) => setName(d.value)} />
            </Field>
            <Button type="submit" appearance="primary" disabled={name.trim() === ''}>
              Save
            </Button>
          </form>
        </PopoverSurface>
      </Popover>
    </>
  );
}

/** Chooses the columns of the queue. */
export function ColumnMenu({ chosen, onChange }: { chosen: string[]; onChange: (ids: string[]) => void }) {
  return (
    <Menu persistOnItemClick checkedValues={{ columns: chosen }} onCheckedValueChange={(_, d) => onChange(d.checkedItems)}>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton icon={<ColumnTripleRegular />}>Columns</MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {columns
            .filter((c) => c.id !== 'title')
            .map((c) => (
              <MenuItemCheckbox key={c.id} name="columns" value={c.id}>
                {c.label}
              </MenuItemCheckbox>
            ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
