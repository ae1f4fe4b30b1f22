import { Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Button } from '@fluentui/react-components';
import { CompassNorthwestRegular } from '@fluentui/react-icons';
import { EmptyState } from '../ui/states';
import { useSession, WorkspaceContext } from './session';
import { Shell } from './Shell';

/** Leads addresses without a workspace to the same page of the first one. */
export function HomeRedirect() {
  const session = useSession();
  const navigate = useNavigate();
  const first = session.workspaces[0]?.name;
  useEffect(() => {
    if (first === undefined) return;
    // Read once: following the address while it changes would lead here again and again.
    const { pathname, search } = window.location;
    const rest = isKnownPlace(pathname) ? pathname + search : '';
    void navigate({ href: `/w/${encodeURIComponent(first)}${rest}`, replace: true });
  }, [first, navigate]);
  if (first === undefined) {
    return (
      <EmptyState icon={<CompassNorthwestRegular />} title="No workspace for you yet">
        You are signed in as {session.user.name}, but no workspace is open to you. Ask an owner to give you a role.
      </EmptyState>
    );
  }
  return null;
}

const isKnownPlace = (path: string) => /^\/(incidents|entities|hunting|workbooks|logs|content|connectors|analytics|ueba|tables)(\/|$)/.test(path);

/** Gives pages their workspace, by name or id, inside the shell. */
export function WorkspaceFrame() {
  const session = useSession();
  const { ws } = useParams({ from: '/w/$ws' });
  const workspace = session.workspaces.find((w) => w.name === ws) ?? session.workspaces.find((w) => w.id === ws);
  if (!workspace) {
    return (
      <EmptyState icon={<CompassNorthwestRegular />} title={`No workspace “${ws}”`} action={<Button as="a" href="/">Go to my workspace</Button>}>
        It does not exist, or you have no role in it. Ask an owner to give you one.
      </EmptyState>
    );
  }
  return (
    <WorkspaceContext.Provider value={workspace}>
      <Shell>
        <Outlet />
      </Shell>
    </WorkspaceContext.Provider>
  );
}

/** For addresses nothing lives at. */
export function NotFound() {
  return (
    <EmptyState icon={<CompassNorthwestRegular />} title="Nothing lives at this address">
      Use the navigation on the left to go on.
    </EmptyState>
  );
}
