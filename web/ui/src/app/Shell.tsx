import { Menu, MenuButton, MenuItem, MenuItemRadio, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components';
import { DarkThemeRegular, PersonRegular, SignOutRegular } from '@fluentui/react-icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { request } from '../api/http';
import { sessionQuery } from '../api/resources';
import { Logo } from '../ui/Logo';
import { useToasts } from '../ui/toast';
import { useLive } from './events';
import { Nav } from './Nav';
import { useSession, useWorkspace } from './session';
import { ShortcutHelp } from './ShortcutHelp';
import { useShortcuts } from './shortcuts';
import styles from './Shell.module.css';
import { type ThemeChoice, useTheme } from './theme';

/** The frame of every page: header, navigation, content. */
export function Shell({ children }: { children: ReactNode }) {
  const [help, setHelp] = useState(false);
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const go = (to: string) => void navigate({ to: `/w/${encodeURIComponent(workspace.name)}${to}` as '/' });
  useShortcuts({
    'g o': () => go(''),
    'g i': () => go('/incidents'),
    'g l': () => go('/logs'),
    'g c': () => go('/connectors'),
    'g e': () => go('/entities'),
    'g h': () => go('/hunting'),
    'g b': () => go('/content'),
    'g a': () => go('/analytics'),
    'g t': () => go('/tables'),
    '?': () => setHelp(true),
  });
  return (
    <div className={styles.shell}>
      <a href="#content" className={styles.skip}>
        Skip to content
      </a>
      <Header />
      <Nav />
      <main id="content" className={styles.content} tabIndex={-1}>
        {children}
      </main>
      <ShortcutHelp open={help} onClose={() => setHelp(false)} />
    </div>
  );
}

function Header() {
  const session = useSession();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const live = useLive();
  return (
    <header className={styles.header}>
      <Link to="/w/$ws" params={{ ws: workspace.name }} className={styles.brand} aria-label="Vedette, overview">
        <Logo size={26} />
        <span>Vedette</span>
      </Link>
      <span className={styles.slash} aria-hidden="true">
        /
      </span>
      {session.workspaces.length > 1 ? (
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <MenuButton appearance="transparent" className={styles.button} aria-label={`Workspace ${workspace.name}, change`}>
              {workspace.name}
            </MenuButton>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {session.workspaces.map((w) => (
                <MenuItem key={w.id} onClick={() => void navigate({ to: '/w/$ws', params: { ws: w.name } })}>
                  {w.name}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      ) : (
        <span className={styles.workspace}>{workspace.name}</span>
      )}
      <span className={styles.spacer} />
      <Tooltip
        relationship="description"
        content={live === 'live' ? 'Changes appear at once.' : 'The live stream is down; pages look for changes every 30 seconds.'}
      >
        <span className={styles.live} data-state={live} tabIndex={0}>
          <span className={styles.dot} aria-hidden="true" />
          {live === 'live' ? 'Live' : 'Polling'}
        </span>
      </Tooltip>
      <ThemeMenu />
      <UserMenu />
    </header>
  );
}

function ThemeMenu() {
  const { choice, choose } = useTheme();
  return (
    <Menu checkedValues={{ theme: [choice] }} onCheckedValueChange={(_, d) => choose(d.checkedItems[0] as ThemeChoice)}>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton appearance="transparent" className={styles.button} icon={<DarkThemeRegular />} aria-label="Theme" />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItemRadio name="theme" value="system">
            Same as the system
          </MenuItemRadio>
          <MenuItemRadio name="theme" value="light">
            Light
          </MenuItemRadio>
          <MenuItemRadio name="theme" value="dark">
            Dark
          </MenuItemRadio>
          <MenuItemRadio name="theme" value="contrast">
            High contrast
          </MenuItemRadio>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function UserMenu() {
  const session = useSession();
  const client = useQueryClient();
  const toasts = useToasts();
  const signOut = useMutation({
    mutationFn: () => request('DELETE', '/api/session'),
    onSuccess: () => {
      // The gate watches the session: it must stay in the cache while everything else goes.
      client.setQueryData(sessionQuery.queryKey, null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
    },
    onError: (error) => toasts.failure('You are still signed in', error),
  });
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton appearance="transparent" className={styles.button} icon={<PersonRegular />} aria-label={`Account of ${session.user.name}`}>
          {session.user.name}
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <div className={styles.account}>
          <strong>{session.user.name}</strong>
          <span className="muted">Role: {session.user.role}</span>
          <span className="muted">Vedette {session.version}</span>
        </div>
        <MenuList>
          <MenuItem icon={<SignOutRegular />} onClick={() => signOut.mutate()}>
            Sign out
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
