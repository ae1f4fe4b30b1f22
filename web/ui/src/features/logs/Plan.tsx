import { useQuery } from '@tanstack/react-query';
import { post } from '../../api/http';
import { paths } from '../../api/resources';
import { useWorkspace } from '../../app/session';
import { CopyButton } from '../../ui/CopyButton';
import { ErrorState, Loading } from '../../ui/states';
import styles from './Plan.module.css';

/** How a query is run: its plan, and what of it each engine does. */
export function Plan({ query }: { query: string }) {
  const workspace = useWorkspace();
  const plan = useQuery({
    queryKey: ['w', workspace.name, 'plan', query],
    queryFn: () => post<{ plan: string }>(`${paths.workspace(workspace.name)}/explain`, { query }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (plan.isPending) return <Loading label="Making the plan" />;
  if (plan.isError) return <ErrorState error={plan.error} retry={() => void plan.refetch()} title="There is no plan" />;
  return (
    <div className={styles.plan}>
      <div className={styles.copy}>
        <CopyButton text={plan.data.plan} label="Copy the plan" />
      </div>
      <pre tabIndex={0} aria-label="Plan of the query">
        {plan.data.plan}
      </pre>
    </div>
  );
}
