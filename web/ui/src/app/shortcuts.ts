import { useEffect, useRef } from 'react';

/** How long a first key waits for its second. */
const sequenceTime = 1200;

/** Whether a key press belongs to the text somebody is typing, or to an open menu or dialog. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('[role="menu"],[role="dialog"],[role="listbox"],.monaco-editor') !== null
  );
}

/** Runs actions on key presses such as "j", "/" or the sequence "g i", never while somebody types. */
export function useShortcuts(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let first = '';
    let firstTime = 0;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target)) return;
      const pair = event.timeStamp - firstTime < sequenceTime ? `${first} ${event.key}` : '';
      const action = latest.current[pair] ?? latest.current[event.key];
      first = event.key;
      firstTime = event.timeStamp;
      if (!action) return;
      first = '';
      event.preventDefault();
      action(event);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}
