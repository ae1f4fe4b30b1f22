import { Link } from '@tanstack/react-router';
import type { ConnectorCard } from '../../api/types';
import { ConnectionBadge } from '../../ui/badges';
import cards from '../../ui/Cards.module.css';
import { plural } from '../../ui/format';
import { ProductIcon } from '../../ui/ProductIcon';
import { Ago } from '../../ui/Time';

/** A connector in the gallery; without its solution it leads there. */
export function ConnectorTile({ connector: c, ws }: { connector: ConnectorCard; ws: string }) {
  const missing = c.solution && !c.solution.installed;
  const inside = (
    <>
      <span className={cards.head}>
        <ProductIcon id={c.id} />
        <span className={cards.name}>
          <strong>{c.title}</strong>
          <span className="muted">{c.provider}</span>
        </span>
      </span>
      {!missing && (
        <span>
          <ConnectionBadge state={c.state} />
        </span>
      )}
      <span className={cards.text}>{c.description}</span>
      <span className={cards.foot}>
        {missing ? (
          <span>Install {c.solution?.title} to connect</span>
        ) : (
          <>
            <span>
              Last data: <Ago value={c.lastData} />
            </span>
            {Boolean(c.tables) && <span>{plural(c.tables ?? 0, 'table')}</span>}
          </>
        )}
      </span>
    </>
  );
  return missing ? (
    <Link to="/w/$ws/content/$id" params={{ ws, id: c.solution?.id ?? '' }} className={cards.card}>
      {inside}
    </Link>
  ) : (
    <Link to="/w/$ws/connectors/$id" params={{ ws, id: c.id }} className={cards.card} aria-label={`Open connector page of ${c.title}`}>
      {inside}
    </Link>
  );
}
