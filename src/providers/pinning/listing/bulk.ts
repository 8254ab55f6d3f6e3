import { compareInstants, type Instant } from '../../../values/instant.js';
import { confirmEnd, isAtLimit } from './end-proof.js';
import { MAX_LIMIT } from './list-query.js';
import { positionId, type Row } from './position.js';
import { beginsAtOldest } from './oldest-end.js';
import type { Source, Window } from './source.js';
import type { Span } from './span.js';
import { divide, placeRows, walkUpwards } from './from-the-end.js';
import { FINEST, floorTo, isLater, SECOND } from './ticks.js';
import { askUntilSure } from './twice.js';

/** Steps in one direction that make it certain that a listing is sorted, and not so by chance. */
const CERTAIN_STEPS = 6;

/**
 * A listing that cannot be walked from its newest row, newest first. One request shows all of it when the service gives that
 * much at once; else it is walked from the service's own end, or divided by time where it has no order. Where the service
 * gives no way to the rest, it is the part that is certain; nothing at all is `lookup_limit`. `through` names rows that must
 * be there unless they are gone.
 */
export async function readInBulk(source: Source, through: readonly string[] = []): Promise<Span> {
  const everything = { before: null, after: null, limit: MAX_LIMIT };
  const window = await askUntilSure(source, everything, (answer) => isDoubtful(source, answer, through));
  if (await isComplete(source, window)) return spanOf(source, placeRows(window));
  const [rises, falls] = countSteps(window);
  if (rises === 0 && falls >= CERTAIN_STEPS) return newestPart(source, window);
  const isRising = falls === 0 && rises >= CERTAIN_STEPS && source.habits().rising !== 'newest page';
  const upwards = isRising ? await upToTop(source, window) : undefined;
  return upwards ?? spanOf(source, await divide(source, window));
}

/** Whether an answer to everything may be a single slip. */
function isDoubtful(source: Source, window: Window, through: readonly string[]): boolean {
  const { count, length, limit, rows } = window;
  if (window.twice || length >= limit) return false;
  if (length === 0) return through.length > 0 || source.unfiltered;
  if (count > length) return !isAtLimit(window, source.habits());
  const shown = new Set(rows.map((row) => positionId(row.id)));
  return through.some((name) => !shown.has(name));
}

/** The rows that the query wants, newest first. */
function spanOf(source: Source, rows: readonly Row[], top: Instant | null = null, bottom: Instant | null = null): Span {
  const inside = (row: Row): boolean => (!top || isLater(top, row.at)) && (!bottom || isLater(row.at, bottom));
  const wanted = rows.filter(
    (row) => inside(row) && source.wants({ id: row.id, createdAt: row.at, pin: row.pin }, row.at),
  );
  return { rows: wanted.sort((a, b) => compareInstants(b.at, a.at)), top, bottom };
}

/** A service that is sorted but ignores bounds shows its newest rows alone. */
function newestPart(source: Source, window: Window): Span {
  const rows = placeRows(window);
  return spanOf(source, rows, null, rows.at(-1)?.at ?? null);
}

/**
 * A service that lists oldest first is walked from there; rows of an instant that may be cut are left out. Undefined when its answers
 * rise, and yet do not begin at the oldest.
 */
async function upToTop(source: Source, window: Window): Promise<Span | undefined> {
  const upwards = await walkUpwards(source, window);
  return (await beginsAtOldest(source, window, upwards)) ? spanOf(source, upwards.rows, upwards.top) : undefined;
}

function countSteps({ rows }: Window): [rises: number, falls: number] {
  const times = rows.flatMap((row) => row.createdAt ?? []);
  const steps = times.slice(1).map((time, index) => compareInstants(time, times[index] ?? time));
  return [steps.filter((step) => step > 0).length, steps.filter((step) => step < 0).length];
}

/** Whether that was everything, found out by further requests when the count does not tell. */
async function isComplete(source: Source, window: Window): Promise<boolean> {
  if (await confirmEnd(source, window)) return true;
  if (window.count > window.length || window.length >= window.limit) return false;
  return (await splits(source, window, SECOND)) || splits(source, window, FINEST);
}

/** Whether the rows before, in and after the middle instant come again as three shorter answers: then nothing was cut off. */
async function splits(source: Source, window: Window, step: number): Promise<boolean> {
  const times = window.rows.flatMap((row): Instant[] => (row.createdAt ? [row.createdAt] : [])).sort(compareInstants);
  const middle = times[Math.floor(times.length / 2)];
  if (!middle) return false;
  const from = floorTo(middle, step);
  const to = from + step;
  const bounds = [
    { before: from, after: null },
    { before: to, after: from - 1 },
    { before: null, after: to - 1 },
  ];
  const parts = await Promise.all(bounds.map((bound) => source.ask({ ...bound, limit: MAX_LIMIT })));
  const ids = new Set(parts.flatMap((part) => part.rows.map((row) => row.id)));
  return (
    parts.every((part) => part.length < window.length) &&
    ids.size === window.rows.length &&
    window.rows.every((row) => ids.has(row.id))
  );
}
