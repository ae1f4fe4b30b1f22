import { Dropdown, Option } from '@fluentui/react-components';
import { PlugConnectedRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { connectorsQuery } from '../../api/resources';
import { useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { PageHeader } from '../../ui/Page';
import { SearchInput } from '../../ui/SearchInput';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { Tiles } from '../../ui/Tiles';
import { ConnectorTile } from './ConnectorTile';
import { groups, inGroup, matches } from './galleryModel';

/** Every connector: those of the installed solutions, and those a solution would bring. */
export function GalleryPage() {
  useTitle('Data connectors');
  const workspace = useWorkspace();
  const query = useQuery(connectorsQuery(workspace.name));
  const [text, setText] = useState('');
  const [group, setGroup] = useState<string>('All');
  const all = query.data?.items ?? [];
  const available = query.data?.available ?? [];
  const items = all.filter((c) => inGroup(c, group) && matches(c, text));
  const others = available.filter((c) => group === 'All' && matches(c, text));
  return (
    <>
      <PageHeader title="Data connectors" lead="Where this workspace's data comes from." />
      <Tiles
        items={[
          { label: 'Connectors', value: query.data && all.length },
          { label: 'Connected', value: query.data && all.filter((c) => inGroup(c, 'Connected')).length },
          { label: 'Need attention', value: query.data && all.filter((c) => inGroup(c, 'Needs attention')).length },
        ]}
      />
      <div className={cards.bar}>
        <SearchInput label="Search connectors" value={text} onChange={setText} />
        <Dropdown aria-label="Status" value={group === 'All' ? 'All states' : group} selectedOptions={[group]} onOptionSelect={(_, d) => setGroup(d.optionValue ?? 'All')}>
          {['All', ...groups].map((g) => (
            <Option key={g} value={g} text={g === 'All' ? 'All states' : g}>
              {g === 'All' ? 'All states' : g}
            </Option>
          ))}
        </Dropdown>
      </div>
      {query.isPending && <Loading />}
      {query.isError && all.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && items.length + others.length === 0 && (
        <EmptyState icon={<PlugConnectedRegular />} title={all.length + available.length === 0 ? 'No connectors yet' : 'No connector matches'}>
          Connectors come with the solutions of the{' '}
          <Link to="/w/$ws/content" params={{ ws: workspace.name }} className="link">
            Content hub
          </Link>
          .
        </EmptyState>
      )}
      <div className={cards.grid}>
        {items.map((item) => (
          <ConnectorTile key={item.id} connector={item} ws={workspace.name} />
        ))}
      </div>
      {others.length > 0 && (
        <>
          <h2 className={cards.heading}>In solutions that are not installed</h2>
          <div className={cards.grid}>
            {others.map((item) => (
              <ConnectorTile key={item.id} connector={item} ws={workspace.name} />
            ))}
          </div>
        </>
      )}
    </>
  );
}
