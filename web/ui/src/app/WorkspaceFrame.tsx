import { Navigate, Outlet, useLocation, useParams } from '@tanstack/react-router';
import { Button } from '@fluentui/react-components';
import { CompassNorthwestRegular } from '@fluentui/react-icons';
import { EmptyState } from '../ui/states';
import { useSession, WorkspaceContext } from './session';
import { Shell } from './Shell';

/** Leads addresses without a workspace to the same page of the first one. */
export function HomeRedirect() {
  const session = useSession();
  const location = useLocation();
  const first = session.workspaces[0];
  if (!first) {
    return (
      <EmptyState icon={<CompassNorthwestRegular />} title="No workspace for you yet">
        You are signed in as {session.user.name}, but no workspace is open to you. Ask an owner to give you a role.
      </EmptyState>
    );
  }
  if (!isKnownPlace(location.pathname)) return <Navigate to="/w/$ws" params={{ ws: first.name }} replace />;
  return <Navigate to={`/w/${encodeURIComponent(first.name)}${location.pathname}` as '/'} search={location.search as never} replace />;
}

const isKnownPlace = (path: string) => /^\/(incidents|logs|connectors)(\/|$)/.test(path);

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
