import { DataBarVerticalRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { workbooksQuery } from '../../api/content';
import { useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { PageHeader } from '../../ui/Page';
import { EmptyState, ErrorState, Loading } from '../../ui/states';

/** Workbooks of the installed solutions. */
export function WorkbooksPage() {
  useTitle('Workbooks');
  const workspace = useWorkspace();
  const query = useQuery(workbooksQuery(workspace.name));
  const items = query.data?.items ?? [];
  return (
    <>
      <PageHeader title="Workbooks" lead="Pages of charts over the workspace's own tables." />
      {query.isPending && <Loading label="Loading workbooks" />}
      {query.isError && items.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && (
        <EmptyState icon={<DataBarVerticalRegular />} title="No workbooks yet">
          Install a solution in the{' '}
          <Link to="/w/$ws/content" params={{ ws: workspace.name }} className="link">
            Content hub
          </Link>
          , and its workbooks are here.
        </EmptyState>
      )}
      <div className={cards.grid}>
        {items.map((b) => (
          <Link key={b.id} to="/w/$ws/workbooks/$id" params={{ ws: workspace.name, id: b.id }} className={cards.card}>
            <strong>{b.title}</strong>
            <span className={cards.text}>{b.description}</span>
          </Link>
        ))}
      </div>
    </>
  );
}
