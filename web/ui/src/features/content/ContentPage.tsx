import { Dropdown, Option } from '@fluentui/react-components';
import { CheckmarkCircleFilled, BoxMultipleRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type ContentItem, contentListQuery } from '../../api/content';
import { useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { Chips } from '../../ui/Chips';
import { ProductIcon } from '../../ui/ProductIcon';
import { PageHeader } from '../../ui/Page';
import { SearchInput } from '../../ui/SearchInput';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { Tiles } from '../../ui/Tiles';
import styles from './Content.module.css';
import { countText } from './counts';

const states = ['All', 'Installed', 'Not installed', 'Update available'] as const;
type State = (typeof states)[number];

const inState = (item: ContentItem, state: State) =>
  state === 'All' || (state === 'Installed' && item.installed) || (state === 'Not installed' && !item.installed) || (state === 'Update available' && item.updateAvailable);

/** The catalogue of solutions that a workspace can install. */
export function ContentPage() {
  useTitle('Content hub');
  const workspace = useWorkspace();
  const query = useQuery(contentListQuery(workspace.name));
  const [text, setText] = useState('');
  const [state, setState] = useState<State>('All');
  const all = query.data?.items ?? [];
  const wanted = text.trim().toLowerCase();
  const items = all.filter((i) => inState(i, state) && `${i.title} ${i.description} ${(i.categories ?? []).join(' ')}`.toLowerCase().includes(wanted));
  const count = (s: State) => (query.data ? all.filter((i) => inState(i, s)).length : undefined);
  return (
    <>
      <PageHeader title="Content hub" lead="Solutions bring connectors, analytics rules, hunting queries, workbooks and functions. Install one, and what it brings is ready in this workspace." />
      <Tiles
        items={[
          { label: 'Solutions', value: count('All') },
          { label: 'Installed', value: count('Installed') },
          { label: 'Updates', value: count('Update available') },
        ]}
      />
      <div className={cards.bar}>
        <SearchInput label="Search solutions" value={text} onChange={setText} />
        <Dropdown aria-label="Status" value={state} selectedOptions={[state]} onOptionSelect={(_, d) => setState((d.optionValue as State) ?? 'All')}>
          {states.map((s) => (
            <Option key={s} value={s}>
              {s}
            </Option>
          ))}
        </Dropdown>
      </div>
      {query.isPending && <Loading label="Loading solutions" />}
      {query.isError && all.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && <EmptyState icon={<BoxMultipleRegular />} title="No solution matches" />}
      <div className={cards.grid}>
        {items.map((item) => (
          <Link key={item.id} to="/w/$ws/content/$id" params={{ ws: workspace.name, id: item.id }} className={cards.card}>
            <span className={cards.head}>
              <ProductIcon id={item.id} />
              <span className={cards.name}>
                <strong>{item.title}</strong>
                <span className="muted">{item.publisher}</span>
              </span>
              {item.installed && (
                <span className={styles.installed}>
                  <CheckmarkCircleFilled /> {item.updateAvailable ? 'Update available' : 'Installed'}
                </span>
              )}
            </span>
            <span className={cards.text}>{item.description}</span>
            <Chips items={item.categories} />
            <span className={cards.foot}>
              <span>{countText(item.counts)}</span>
              <span>Version {item.installedVersion ?? item.version}</span>
            </span>
          </Link>
        ))}
      </div>
    </>
  );
}
