import { DocumentSearchRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { huntingQuery } from '../../api/content';
import { useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { Chips } from '../../ui/Chips';
import { Kql } from '../../ui/Kql';
import { Card, PageHeader } from '../../ui/Page';
import { SearchInput } from '../../ui/SearchInput';
import { EmptyState, ErrorState, Loading } from '../../ui/states';

/** Hunting queries of the installed solutions, each one click from Logs. */
export function HuntingPage() {
  useTitle('Hunting');
  const workspace = useWorkspace();
  const query = useQuery(huntingQuery(workspace.name));
  const [text, setText] = useState('');
  const all = query.data?.items ?? [];
  const wanted = text.trim().toLowerCase();
  const items = all.filter((q) => `${q.title} ${q.description} ${(q.tactics ?? []).join(' ')} ${(q.techniques ?? []).join(' ')} ${q.query}`.toLowerCase().includes(wanted));
  return (
    <>
      <PageHeader title="Hunting" lead="Queries that come with the installed solutions. They run on the raw events as they are." />
      <div className={cards.bar}>
        <SearchInput label="Search queries, tactics, techniques" value={text} onChange={setText} />
        <span className="muted" role="status">
          {query.isSuccess && `${items.length} of ${all.length}`}
        </span>
      </div>
      {query.isPending && <Loading label="Loading queries" />}
      {query.isError && all.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && (
        <EmptyState icon={<DocumentSearchRegular />} title={all.length === 0 ? 'No hunting queries yet' : 'No query matches'}>
          {all.length === 0 && (
            <>
              Install a solution in the{' '}
              <Link to="/w/$ws/content" params={{ ws: workspace.name }} className="link">
                Content hub
              </Link>
              , and its queries are here.
            </>
          )}
        </EmptyState>
      )}
      <div className={cards.body}>
        {items.map((q) => (
          <Card key={`${q.solution}/${q.id}`} title={q.title} actions={<Chips items={[...(q.tactics ?? []), ...(q.techniques ?? [])]} />}>
            <div className={cards.text}>{q.description}</div>
            <Kql title={q.title} query={q.query} time="P7D" />
          </Card>
        ))}
      </div>
    </>
  );
}
