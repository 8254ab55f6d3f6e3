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
export function endProven({ count, length, limit, oneOfEach, rows }: Window, habits: ListingHabits): boolean {
  if (length === 0) return true;
  // Rows that came twice are no sign of a limit, nor against one.
  const mayGoOn = mayBeCut(length, habits) || mayBeCut(rows.length, habits);
  return count <= length && length < limit && (oneOfEach || !mayGoOn);
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

/** Whether an answer is as long as the service's own limit, rows that came twice counted or not. */
export function isAtLimit({ length, rows }: Window, { cutsAt }: ListingHabits): boolean {
  return cutsAt > 0 && (length === cutsAt || rows.length === cutsAt);
}

/** Fewer rows than asked for, and nothing to suggest that they were cut. */
export function isShort(source: Source, window: Window): boolean {
  const { count, length, limit } = window;
  return count <= length && length < limit && !isAtLimit(window, source.habits());
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
  const { before, after, count, length } = window;
  let ends = uncut(window);
  if (!ends && (await confirmEnd(source, window))) return 'end';
  if (!ends && before !== null) {
    // An inclusive bound brings a row too many: without it the answer may be shorter than what could be cut.
    const tighter = await source.ask({ before: before - 1, after, limit: window.limit });
    ends = tighter.length > 0 && uncut(tighter) && tighter.rows.every((row) => known.has(row.id));
  }
  // A count of more than what came is looked behind, whatever the length of the answer.
  if (ends && count <= length) return 'end';
  const beyond = await source.ask({ before: below, after, limit: window.limit });
  if (beyond.rows.some((row) => !known.has(row.id))) {
    // Both counts speak of what lies below their bound: equal rests mean that the instant itself was shown whole.
    const again = beyond.rows.filter((row) => known.has(row.id)).length;
    if (count > length && count - length === beyond.count - again) return beyond;
    throw source.error('bad_response', 'pagination_stuck');
  }
  if (ends) return 'end';
  // Fewer rows than asked for, and none beyond them: twice the service said that this is all.
  if (isShort(source, window)) return 'end';
  await source.ask({ before: null, after: null, limit: MAX_LIMIT });
  if (uncut(window)) return 'end';
  throw source.error('bad_response', 'pagination_stuck');
}
