import { Input } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';
import { type Ref, useEffect, useRef, useState } from 'react';
import styles from './IncidentsPage.module.css';

/** Searches when typing pauses, so that the address and the server keep calm. */
export function SearchBox({ value, onSearch, boxRef }: { value: string; onSearch: (q: string) => void; boxRef: Ref<HTMLInputElement> }) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    // The address changed by other means, such as the back button.
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    const q = text.trim();
    if (q === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = q;
      onSearch(q);
    }, 300);
    return () => clearTimeout(timer);
  });
  return (
    <Input
      ref={boxRef}
      type="search"
      className={styles.search}
      contentBefore={<SearchRegular />}
      placeholder="Search id, title, owner, tag"
      aria-label="Search incidents"
      value={text}
      onChange={(_, d) => setText(d.value)}
    />
  );
}
