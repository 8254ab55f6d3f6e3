import type { BoundCursors } from '../../access/cursors.js';
import { invalidInput } from '../../errors.js';
import type { PoolSlice, RowPosition } from '../../providers/bitminter/model.js';
import type { Json } from '../../values/json.js';
import { pageSize, type PageArguments } from '../connections.js';

/** The most calls for one page: three windows of fifty rows, each looked for again as far as rows arrived meanwhile. */
export const LISTING_CALLS = 30;

/** A row's place as a cursor holds it. */
export function positionToJson({ id, time, offsetHint }: RowPosition): Json {
  return [id, time, offsetHint];
}

/** The rows that the arguments ask for; InvalidInput when they cannot be used. */
export function toPoolSlice(args: Pick<PageArguments, 'first' | 'after'>, cursors: BoundCursors): PoolSlice {
  const { count } = pageSize({ first: args.first, after: args.after });
  return { first: count, after: typeof args.after === 'string' ? openPosition(cursors, args.after) : null };
}

function openPosition(cursors: BoundCursors, cursor: string): RowPosition {
  const opened = cursors.open(cursor, 'after');
  const [id, time, offsetHint] = Array.isArray(opened) ? opened : [];
  if (typeof id !== 'string' || typeof time !== 'number' || typeof offsetHint !== 'number')
    throw invalidInput('after', 'this cursor is damaged');
  return { id, time, offsetHint };
}
