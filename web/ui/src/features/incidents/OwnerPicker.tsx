import { Combobox, Option } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { usersQuery } from '../../api/resources';
import type { Owner } from '../../api/types';
import { useSession, useWorkspace } from '../../app/session';
import styles from './Properties.module.css';
import { ownerName } from './words';

const nobody = '\u0000nobody';

/** The name under which the signed-in person owns incidents. */
export function useMe(): string {
  const { user } = useSession();
  return user.userPrincipalName || user.name;
}

/** Chooses who works on an incident, from the directory or by typing a user principal name; undefined means no choice yet. */
export function OwnerPicker(props: { owner: Owner | null | undefined; disabled: boolean; onChange: (upn: string | null) => void }) {
  const workspace = useWorkspace();
  const me = useMe();
  const [text, setText] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const search = useDeferredValue(text ?? '');
  const users = useQuery({ ...usersQuery(workspace.name, search), enabled: open });
  const name = ownerName(props.owner);
  const current = props.owner?.userPrincipalName || props.owner?.email || '';
  const items = users.data?.items ?? [];
  const typed = search.trim();
  const mine = current.toLowerCase() === me.toLowerCase();
  return (
    <div className={styles.owner}>
      <Combobox
        aria-label="Owner"
        freeform
        disabled={props.disabled}
        placeholder={props.owner === undefined ? 'No change' : 'Unassigned'}
        value={text ?? name}
        selectedOptions={current ? [current] : props.owner === undefined ? [] : [nobody]}
        open={open}
        onOpenChange={(_, d) => {
          setOpen(d.open);
          if (!d.open) setText(null);
        }}
        onChange={(event) => setText(event.target.value)}
        onOptionSelect={(_, d) => {
          setText(null);
          if (!d.optionValue || d.optionValue === current) return;
          props.onChange(d.optionValue === nobody ? null : d.optionValue);
        }}
      >
        <Option value={nobody} text="Unassigned">
          Unassigned
        </Option>
        {items.map((user) => (
          <Option key={user.userPrincipalName} value={user.userPrincipalName} text={user.displayName || user.userPrincipalName}>
            <span>
              {user.displayName || user.userPrincipalName}
              {user.displayName && <span className="muted"> · {user.userPrincipalName}</span>}
            </span>
          </Option>
        ))}
        {typed.includes('@') && !items.some((u) => u.userPrincipalName.toLowerCase() === typed.toLowerCase()) && (
          <Option value={typed} text={typed}>
            Assign to {typed}
          </Option>
        )}
      </Combobox>
      {!mine && (
        <button type="button" className={styles.textButton} disabled={props.disabled} onClick={() => props.onChange(me)}>
          Assign to me
        </button>
      )}
    </div>
  );
}
