import { MAX_LIMIT } from './list-query.js';
import type { Upwards } from './from-the-end.js';
import type { ListingHabits } from './listing-habits.js';
import type { Source, Window } from './source.js';
import { floorTo, isLater, SECOND } from './ticks.js';
import { askUntilSure, isEmpty } from './twice.js';

/** Few enough to tell the oldest rows from the newest. */
const FEW = 2;

/**
 * Whether an answer whose times rise begins at the oldest row. Some services show the newest rows, oldest first: what was reached going
 * up from there is their top, and all that is older is missing. The count tells when all of it was found; else the service is asked,
 * and what it showed is remembered. Throws `lookup_limit` when that cannot be found out and the count says that there is more.
 */
export async function beginsAtOldest(source: Source, first: Window, { rows, top }: Upwards): Promise<boolean> {
  const { count, length } = first;
  if (top === null && count > length && count === rows.length) return true;
  const countsMore = top === null && count > rows.length;
  if (source.habits().rising === 'from the oldest' && !countsMore) return true;
  const rising = await findEnd(source, first);
  if (rising !== 'unknown') source.learn({ rising });
  else if (countsMore) throw source.error('lookup_limit');
  return rising !== 'newest page';
}

/** Which end of the listing an answer shows: a few rows alone come from the same end, and below its first row there are none, or some. */
async function findEnd(source: Source, { rows }: Window): Promise<ListingHabits['rising']> {
  const times = rows.flatMap((row) => row.createdAt ?? []);
  const [oldest, middle] = [times[0], times[Math.floor(times.length / 2)]];
  if (!oldest || !middle) return 'unknown';
  const few = await askUntilSure(source, { before: null, after: null, limit: FEW }, isEmpty);
  const late = few.rows.flatMap(({ createdAt }) => (createdAt ? [isLater(createdAt, middle)] : []));
  if (late.length > 0 && new Set(late).size === 1) return late[0] ? 'newest page' : 'from the oldest';
  const bounds = { before: floorTo(oldest, SECOND), after: null, limit: MAX_LIMIT };
  const below = await askUntilSure(source, bounds, isEmpty);
  if (below.length === 0) return 'from the oldest';
  const isOlder = below.rows.some(({ createdAt }) => createdAt !== null && isLater(oldest, createdAt));
  return isOlder ? 'newest page' : 'unknown';
}
