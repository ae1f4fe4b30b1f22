import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { sessionQuery } from '../api/resources';
import { ErrorState, Loading } from '../ui/states';
import { LiveEvents } from './events';
import { SessionContext } from './session';
import { SignIn } from './SignIn';

/** Lets signed-in people through and shows others the sign-in page, without leaving the address they asked for. */
export function Gate() {
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  if (session.isPending) return <Loading label="Opening Vedette" />;
  if (session.isError) return <ErrorState error={session.error} retry={() => void session.refetch()} title="Vedette cannot be reached" />;
  if (session.data === null) {
    return <SignIn onDone={() => void client.resetQueries()} />;
  }
  return (
    <SessionContext.Provider value={session.data}>
      <LiveEvents>
        <Outlet />
      </LiveEvents>
    </SessionContext.Provider>
  );
}
