import type { BoundCursors } from '../../access/cursors.js';
import { invalidInput } from '../../errors.js';
import type { PoolSlice, RowPosition } from '../../providers/bitminter/model.js';
import type { Json } from '../../values/json.js';
import { bitminter, isAbsent } from '../costs.js';
import type { Price } from '../../values/price.js';
import { DEFAULT_PAGE, MAX_PAGE, pageSize, type PageArguments } from '../connections.js';

/** The pool's windows of fifty rows overlap by one. */
const WINDOW_ROWS = 49;
/** Calls that it may take to find a row again that others have pushed down: one where it was, and nine to look for it. */
const LOCATE = 10;
/** Windows that one page may take where they bring fewer rows than they should. */
const MOST_WINDOWS = 10;

/** A page and one row more, window by window; behind a cursor its row has to be found first. */
export const listingPrice: Price = (written) => {
  const first = written('first');
  const count =
    typeof first === 'number' ? Math.min(Math.max(first, 0), MAX_PAGE) : isAbsent(first) ? DEFAULT_PAGE : MAX_PAGE;
  const windows = Math.ceil((count + 1) / WINDOW_ROWS);
  return [bitminter(isAbsent(written('after')) ? windows : windows + LOCATE, MOST_WINDOWS * LOCATE)];
};

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
