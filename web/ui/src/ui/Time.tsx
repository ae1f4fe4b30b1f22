import { useEffect, useState } from 'react';
import { formatAgo, formatShortTime, formatTime, isTime } from './format';

/** A moment, kept current: relative text, with the exact UTC time on hover and for machines. */
export function Ago({ value }: { value: string | null | undefined }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (!isTime(value)) return <span className="muted">–</span>;
  return (
    <time dateTime={value} title={formatTime(value)}>
      {formatAgo(value)}
    </time>
  );
}

/** A moment as date and time, with seconds on hover. */
export function Moment({ value }: { value: string | null | undefined }) {
  if (!isTime(value)) return <span className="muted">–</span>;
  return (
    <time dateTime={value} title={`${formatTime(value)}, ${formatAgo(value)}`}>
      {formatShortTime(value)}
    </time>
  );
}
