import { Input } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';

/** A box that filters a list as one types. */
export function SearchInput(props: { label: string; value: string; onChange: (text: string) => void }) {
  return (
    <Input type="search" contentBefore={<SearchRegular />} placeholder={props.label} aria-label={props.label} value={props.value} onChange={(_, d) => props.onChange(d.value)} style={{ width: 280 }} />
  );
}
