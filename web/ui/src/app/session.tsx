import { createContext, useContext, useEffect } from 'react';
import type { Session, Workspace } from '../api/types';

export const SessionContext = createContext<Session | null>(null);
export const WorkspaceContext = createContext<Workspace | null>(null);

/** The signed-in person's session; only below the shell. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession is used outside the shell');
  return session;
}

/** The workspace of the page. */
export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (!workspace) throw new Error('useWorkspace is used outside a workspace page');
  return workspace;
}

/** Whether the person may change incidents. */
export const mayRespond = (role: string) => role !== 'Reader';

/** Whether the person may change connectors. */
export const mayContribute = (role: string) => role === 'Contributor' || role === 'Owner';

/** Names the page in the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Vedette`;
  }, [title]);
}
