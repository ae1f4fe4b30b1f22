import { Button, Field, Input, Popover, PopoverSurface, PopoverTrigger } from '@fluentui/react-components';
import { TagRegular } from '@fluentui/react-icons';
import { type FormEvent, useState } from 'react';

/** Asks for the tag that incidents must carry. */
export function TagFilter({ value, onChange }: { value: string | undefined; onChange: (label: string | undefined) => void }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setOpen(false);
    onChange(text.trim() || undefined);
  };
  return (
    <Popover
      open={open}
      trapFocus
      onOpenChange={(_, d) => {
        setOpen(d.open);
        setText(value ?? '');
      }}
    >
      <PopoverTrigger disableButtonEnhancement>
        <Button icon={<TagRegular />}>Tag</Button>
      </PopoverTrigger>
      <PopoverSurface aria-label="Filter by tag">
        <form onSubmit={submit} style={{ display: 'flex', gap: 8, alignItems: 'flex-end' }}>
          <Field label="Incidents tagged">
            <Input value={text} onChange={(_, d) => setText(d.value)} />
          </Field>
          <Button type="submit" appearance="primary">
            Show
          </Button>
        </form>
      </PopoverSurface>
    </Popover>
  );
}
