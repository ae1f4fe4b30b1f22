import { Button, Checkbox, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Field, Input, Select } from '@fluentui/react-components';
import { useState } from 'react';
import type { Watchlist } from '../../api/watchlists';
import type { useWatchlistChange } from './useWatchlistChange';
import styles from './Watchlists.module.css';
import { aliasOf, headings } from './words';

/** Makes a list of a CSV file, or brings a file into one that is there. */
export function UploadDialog({ list, change, onClose }: { list?: Watchlist; change: ReturnType<typeof useWatchlistChange>; onClose: () => void }) {
  const [file, setFile] = useState<{ name: string; text: string }>();
  const [alias, setAlias] = useState(list?.alias ?? '');
  const [key, setKey] = useState(list?.searchKey ?? '');
  const [description, setDescription] = useState(list?.description ?? '');
  const [replace, setReplace] = useState(false);
  const columns = headings(file?.text ?? '');
  const take = async (chosen: File | undefined) => {
    if (!chosen) return;
    const text = await chosen.text();
    setFile({ name: chosen.name, text });
    if (list) return;
    setAlias((old) => old || aliasOf(chosen.name));
    setKey(headings(text)[0] ?? '');
  };
  const ready = file !== undefined && alias !== '' && columns.includes(key) && !change.store.isPending;
  const send = () =>
    change.store.mutate({ alias, description, searchKey: list ? undefined : key, source: file?.name, content: file?.text, replace }, { onSuccess: onClose });
  return (
    <Dialog open onOpenChange={(_, d) => !d.open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{list ? `Bring a file into ${list.alias}` : 'New watchlist'}</DialogTitle>
          <DialogContent className={styles.form}>
            <Field label="CSV file" hint="The first line names the columns; up to 3.8 MB.">
              <input type="file" accept=".csv,text/csv" onChange={(event) => void take(event.target.files?.[0])} />
            </Field>
            {!list && (
              <Field label="Alias" hint="Queries ask for the list by it.">
                <Input value={alias} onChange={(_, d) => setAlias(d.value)} />
              </Field>
            )}
            {!list && (
              <Field label="Search key" hint="The column by which queries join the list.">
                <Select value={key} disabled={columns.length === 0} onChange={(_, d) => setKey(d.value)}>
                  {columns.map((c) => (
                    <option key={c}>{c}</option>
                  ))}
                </Select>
              </Field>
            )}
            <Field label="Description">
              <Input value={description} onChange={(_, d) => setDescription(d.value)} />
            </Field>
            {list && <Checkbox label="Remove the items that the file does not have" checked={replace} onChange={(_, d) => setReplace(d.checked === true)} />}
            {file && list && !columns.includes(key) && <p role="alert">The file has no column {key}, the search key.</p>}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button appearance="primary" disabled={!ready} onClick={send}>
              {list ? 'Bring in' : 'Make'}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
