import { USUAL_PAGE } from './all-rows.js';
import { MAX_LIMIT } from './list-query.js';
import type { Source, Window } from './source.js';
import type { ListingHabits } from './listing-habits.js';

/** No service is known to cut its answers to fewer rows when more are asked for. */
const SMALLEST_CAP = USUAL_PAGE;

/**
 * Whether this answer shows that nothing lies beyond its last row. What it counts proves nothing: services count the rows that
 * they return, or all that there are, and some change their mind from one answer to the next.
 */
export function endProven({ count, length, limit, oneOfEach }: Window, habits: ListingHabits): boolean {
  if (length === 0) return true;
  return count <= length && length < limit && (oneOfEach || !mayBeCut(length, habits));
}

/**
 * Whether a short answer whose count tells nothing may have been cut by a limit of the service's own: such limits are round
 * numbers, and nothing longer ever comes.
 */
function mayBeCut(length: number, habits: ListingHabits): boolean {
  const usual = length <= 100 ? 10 : length <= 500 ? 50 : 500;
  const round = length % usual === 0 || Number.isInteger(Math.log2(length));
  return length >= SMALLEST_CAP && round && length >= habits.longest;
}

/**
 * Notes that an answer was cut at so many rows although more were asked for and there. One that is shorter than what came
 * before is half of an answer, and no limit.
 */
export function learnCut(source: Source, length: number): void {
  if (length >= source.habits().longest) source.learn({ cutsAt: length });
}

/** Fewer rows than asked for, and nothing to suggest that they were cut. */
export function isShort(source: Source, { count, length, limit }: Window): boolean {
  return count <= length && length < limit && length !== source.habits().cutsAt;
}

/** As `endProven`; else asks for one row alone, whose answer may count just as many, and so count what there is. */
export async function confirmEnd(source: Source, window: Window, habits = source.habits()): Promise<boolean> {
  if (endProven(window, habits)) return true;
  if (window.count !== window.length || window.length < 2) return false;
  const probe = await source.ask({ before: window.before, after: window.after, limit: 1 });
  return probe.count === window.count && probe.count > probe.length;
}

/**
 * Judges an answer that brought nothing new although its end is not proven: the listing ends here, or goes on with the
 * answer returned, or more pins share one instant than the service can show (then it throws `pagination_stuck`).
 * `below` is the start of that instant, in epoch milliseconds.
 */
export async function settle(
  source: Source,
  window: Window,
  below: number,
  known: ReadonlyMap<string, unknown>,
): Promise<'end' | Window> {
  const uncut = (answer: Window): boolean => answer.length < answer.limit && answer.length < source.habits().longest;
  if (uncut(window)) return 'end';
  if (await confirmEnd(source, window)) return 'end';
  const { before, after, count, length } = window;
  if (before !== null) {
    // An inclusive bound brings a row too many: without it the answer may be shorter than what could be cut.
    const tighter = await source.ask({ before: before - 1, after, limit: window.limit });
    if (tighter.length > 0 && uncut(tighter) && tighter.rows.every((row) => known.has(row.id))) return 'end';
  }
  const beyond = await source.ask({ before: below, after, limit: window.limit });
  if (beyond.rows.some((row) => !known.has(row.id))) {
    // Both counts speak of what lies below their bound: equal rests mean that the instant itself was shown whole.
    const again = beyond.rows.filter((row) => known.has(row.id)).length;
    if (count > length && count - length === beyond.count - again) return beyond;
    throw source.error('bad_response', 'pagination_stuck');
  }
  // Fewer rows than asked for, and none beyond them: twice the service said that this is all.
  if (isShort(source, window)) return 'end';
  await source.ask({ before: null, after: null, limit: MAX_LIMIT });
  if (uncut(window)) return 'end';
  throw source.error('bad_response', 'pagination_stuck');
}
