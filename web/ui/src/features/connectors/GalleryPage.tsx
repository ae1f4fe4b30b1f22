import { PlugConnectedRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { connectorsQuery } from '../../api/resources';
import { useTitle, useWorkspace } from '../../app/session';
import { ConnectionBadge } from '../../ui/badges';
import { Logo } from '../../ui/Logo';
import { PageHeader } from '../../ui/Page';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { Ago } from '../../ui/Time';
import styles from './Connectors.module.css';

/** The connectors of the workspace as cards. */
export function GalleryPage() {
  useTitle('Data connectors');
  const workspace = useWorkspace();
  const query = useQuery(connectorsQuery(workspace.name));
  const items = query.data?.items ?? [];
  return (
    <>
      <PageHeader title="Data connectors" lead="Where the workspace gets its incidents, alerts and events from." />
      {query.isPending && <Loading />}
      {query.isError && items.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && <EmptyState icon={<PlugConnectedRegular />} title="No connectors" />}
      <div className={styles.gallery}>
        {items.map((item) => {
          const tables = typeof item.tables === 'number' ? item.tables : (item.tables ?? []).length;
          return (
            <Link key={item.id} to="/w/$ws/connectors/$id" params={{ ws: workspace.name, id: item.id }} className={styles.card}>
              <span className={styles.cardHead}>
                <Logo size={36} />
                <span>
                  <strong>{item.title}</strong>
                  <span className="muted">{item.provider}</span>
                </span>
                <ConnectionBadge state={item.state} />
              </span>
              <span>{item.description}</span>
              <span className={styles.cardFoot}>
                <span>
                  Last data: <Ago value={item.lastData} />
                </span>
                <span>{tables} tables</span>
              </span>
            </Link>
          );
        })}
      </div>
    </>
  );
}
