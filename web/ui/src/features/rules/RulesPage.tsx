import { Tab, TabList } from '@fluentui/react-components';
import { ClipboardTaskListLtrRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { type Rule, rulesQuery } from '../../api/content';
import { mayContribute, useSession, useTitle, useWorkspace } from '../../app/session';
import cards from '../../ui/Cards.module.css';
import { PageHeader } from '../../ui/Page';
import { SearchInput } from '../../ui/SearchInput';
import { EmptyState, ErrorState, Loading } from '../../ui/states';
import { Tiles } from '../../ui/Tiles';
import { RuleCard } from './RuleCard';
import { useRuleChange } from './useRuleChange';

/** Analytics rules in use, and the templates that installed solutions bring. */
export function RulesPage() {
  useTitle('Analytics');
  const workspace = useWorkspace();
  const session = useSession();
  const { tab = 'active' } = useSearch({ from: '/w/$ws/analytics' });
  const navigate = useNavigate({ from: '/w/$ws/analytics' });
  const query = useQuery(rulesQuery(workspace.name));
  const change = useRuleChange(workspace.name);
  const [text, setText] = useState('');
  const all = query.data?.items ?? [];
  const wanted = text.trim().toLowerCase();
  const inTab = (r: Rule) => r.template === (tab === 'templates');
  const items = all.filter((r) => inTab(r) && `${r.name} ${r.description} ${r.productFilter ?? ''} ${(r.tactics ?? []).join(' ')}`.toLowerCase().includes(wanted));
  const may = mayContribute(session.user.role);
  return (
    <>
      <PageHeader title="Analytics" lead="Microsoft incident creation rules make an incident of each alert of a product. Templates are queries that solutions bring; this version does not run them on a schedule." />
      <Tiles
        items={[
          { label: 'Enabled', value: query.data && all.filter((r) => r.enabled && !r.template).length },
          { label: 'Disabled', value: query.data && all.filter((r) => !r.enabled && !r.template).length },
          { label: 'Failing', value: query.data && all.filter((r) => r.failed).length },
        ]}
      />
      <div className={cards.bar}>
        <TabList selectedValue={tab} onTabSelect={(_, d) => void navigate({ search: { tab: d.value === 'templates' ? 'templates' : undefined } })}>
          <Tab value="active">Rules ({all.filter((r) => !r.template).length})</Tab>
          <Tab value="templates">Templates ({all.filter((r) => r.template).length})</Tab>
        </TabList>
        <SearchInput label="Search rules" value={text} onChange={setText} />
      </div>
      {query.isPending && <Loading label="Loading rules" />}
      {query.isError && all.length === 0 && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && items.length === 0 && (
        <EmptyState icon={<ClipboardTaskListLtrRegular />} title={wanted ? 'No rule matches' : tab === 'templates' ? 'No templates' : 'No rules yet'}>
          {!wanted && (
            <>
              Solutions of the{' '}
              <Link to="/w/$ws/content" params={{ ws: workspace.name }} className="link">
                Content hub
              </Link>{' '}
              bring rules.
            </>
          )}
        </EmptyState>
      )}
      <div className={cards.body}>
        {items.map((rule) => (
          <RuleCard key={rule.id} rule={rule} disabled={!may || change.isPending} onSwitch={(enabled) => change.mutate({ rule, enabled })} />
        ))}
      </div>
    </>
  );
}
