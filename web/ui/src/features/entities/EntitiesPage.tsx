import { Dropdown, Input, Option } from '@fluentui/react-components';
import { PeopleSearchRegular, SearchRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { entitiesQuery } from '../../api/resources';
import { useTitle, useWorkspace } from '../../app/session';
import { formatNumber } from '../../ui/format';
import { Card, PageHeader } from '../../ui/Page';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { Ago, Moment } from '../../ui/Time';
import styles from './Entities.module.css';
import { kinds } from './urlState';

/** Who and what the alerts tell of, those of most incidents first. */
export function EntitiesPage() {
  useTitle('Entities');
  const workspace = useWorkspace();
  const state = useSearch({ from: '/w/$ws/entities' });
  const navigate = useNavigate({ from: '/w/$ws/entities' });
  const [text, setText] = useState(state.q ?? '');
  const q = useDeferredValue(text.trim());
  const query = useQuery(entitiesQuery(workspace.name, { q, kind: state.kind, limit: 200 }));
  const items = query.data?.items ?? [];
  return (
    <>
      <PageHeader title="Entities" lead="People, devices, files and addresses that the alerts tell of, those of most incidents first." />
      <div className={styles.bar}>
        <Input
          type="search"
          contentBefore={<SearchRegular />}
          placeholder="Search entities"
          aria-label="Search entities"
          value={text}
          onChange={(_, d) => setText(d.value)}
          onBlur={() => void navigate({ search: { ...state, q: text.trim() || undefined }, replace: true })}
        />
        <Dropdown aria-label="Kind" value={state.kind ?? 'All kinds'} selectedOptions={[state.kind ?? '']} onOptionSelect={(_, d) => void navigate({ search: { q: text.trim() || undefined, kind: d.optionValue || undefined } })}>
          <Option value="" text="All kinds">
            All kinds
          </Option>
          {kinds.map((k) => (
            <Option key={k} value={k} text={k}>
              {k}
            </Option>
          ))}
        </Dropdown>
      </div>
      <div className={styles.body}>
        {query.isPending && <Loading label="Loading entities" />}
        {query.isError && items.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} />}
        {query.isSuccess && items.length === 0 && (
          <EmptyState icon={<PeopleSearchRegular />} title={q || state.kind ? 'No entity matches' : 'No entities yet'}>
            They come with the evidence of the alerts.
          </EmptyState>
        )}
        {items.length > 0 && (
          <Card>
            <table className={styles.rows} aria-label="Entities">
              <thead>
                <tr>
                  <th>Kind</th>
                  <th>Entity</th>
                  <th data-number>Incidents</th>
                  <th data-number>Alerts</th>
                  <th>First seen</th>
                  <th>Last seen</th>
                </tr>
              </thead>
              <tbody>
                {items.map((e) => (
                  <tr key={e.id ?? e.label}>
                    <td className="muted">{e.kind}</td>
                    <td className={styles.label}>
                      <Link to="/w/$ws/entities/$id" params={{ ws: workspace.name, id: String(e.id) }} className="link">
                        {e.label}
                      </Link>
                    </td>
                    <td data-number>{formatNumber(e.incidents ?? 0)}</td>
                    <td data-number>{formatNumber(e.alerts)}</td>
                    <td>
                      <Moment value={e.firstSeen} />
                    </td>
                    <td>
                      <Ago value={e.lastSeen} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
        )}
      </div>
    </>
  );
}
