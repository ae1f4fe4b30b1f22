import { Button } from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons';
import { useToasts } from './toast';

/** Copies a text; label says what, for people who do not see the icon's place. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const toasts = useToasts();
  const copy = () => {
    // Browsers give pages of plain http on a LAN no clipboard.
    if (!navigator.clipboard) return toasts.warning('Not copied', 'The browser does not let this page use the clipboard. Select the text and copy it.');
    navigator.clipboard.writeText(text).then(
      () => toasts.info('Copied'),
      () => toasts.warning('Not copied', 'The browser does not let this page use the clipboard. Select the text and copy it.'),
    );
  };
  return <Button size="small" appearance="subtle" icon={<CopyRegular />} aria-label={label} title={label} onClick={copy} />;
}
