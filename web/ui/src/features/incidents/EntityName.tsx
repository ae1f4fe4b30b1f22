import { Link } from '@tanstack/react-router';
import type { EntityRef } from '../../api/types';

/** An entity's name, leading to its page once it is in the index. */
export function EntityName({ entity, ws }: { entity: EntityRef; ws: string }) {
  if (!entity.id) return <>{entity.label}</>;
  return (
    <Link to="/w/$ws/entities/$id" params={{ ws, id: String(entity.id) }} className="link">
      {entity.label}
    </Link>
  );
}
