import { compareInstants, type Instant } from '../../../values/instant.js';
import { endProven, isAtLimit, learnCut } from './end-proof.js';
import { MAX_LIMIT } from './list-query.js';
import type { ListedPin } from './listing.js';
import type { Row } from './position.js';
import type { Source, Window } from './source.js';
import { askUntilSure } from './twice.js';
import { FINEST, floorTo, isLater, SECOND, TOP } from './ticks.js';

/** The most windows that one page may take this way. */
const MAX_WINDOWS = 30;

/** The rows of an answer at their places: one without a time stands by its predecessor. */
export function placeRows({ rows }: Window): Row[] {
  let at = TOP;
  return rows.map((row) => {
    at = row.createdAt ?? at;
    return { id: row.id, at, pin: row.pin };
  });
}

/** What was read going up from the first row of an answer. */
export interface Upwards {
  readonly rows: readonly Row[];
  /** Null when the newest row was reached, else the instant from which on rows may be missing. */
  readonly top: Instant | null;
}

/**
 * Everything of a listing that is sorted oldest first, window by window, beginning with its first. Each window lets the second
 * in which the last one ended come again, so that no instant is parted.
 */
export async function walkUpwards(source: Source, first: Window): Promise<Upwards> {
  const rows = new Map<string, Row>();
  take(rows, first);
  let newest = newestOf(rows);
  let step = SECOND;
  /** How many rows the last answer held, when that was shorter than asked for: if more rows follow, it was cut. */
  let short = first.length < first.limit ? first.rows.length : null;
  for (let windows = 1; windows < MAX_WINDOWS && newest; windows += 1) {
    const after = floorTo(newest.at, step) - FINEST;
    const last = newest.id;
    const holdsLast = (answer: Window): boolean => answer.rows.some((row) => row.id === last);
    const ends = (answer: Window): boolean => isLastPart(source, answer, rows, first.count);
    const window = await askUntilSure(
      source,
      { before: null, after, limit: MAX_LIMIT },
      (answer) => answer.length < answer.limit && (ends(answer) || !holdsLast(answer)),
    );
    // What lies far below the bound, or the last row missing, shows that the bound means nothing.
    if (!isAbove(window, after) || !holdsLast(window)) break;
    const ended = ends(window);
    const progress = take(rows, window);
    if (progress && short !== null) learnCut(source, short);
    short = progress && window.length < window.limit ? window.rows.length : null;
    if (ended && !isAtLimit(window, source.habits())) return { rows: [...rows.values()], top: null };
    if (!progress && step === FINEST) break;
    step = progress ? SECOND : FINEST;
    newest = newestOf(rows);
  }
  return { rows: [...rows.values()], top: newest?.at ?? null };
}

/**
 * Everything of a listing without an order, whose answers may be cut anywhere: the time is divided until each part comes
 * whole. Throws `lookup_limit` when bounds are ignored, or do not part the rows.
 */
export async function divide(source: Source, whole: Window): Promise<readonly Row[]> {
  const rows = new Map<string, Row>();
  let windows = 1;
  const collect = async (window: Window): Promise<void> => {
    if (!isAbove(window, window.after) || !isBelow(window, window.before)) throw source.error('lookup_limit');
    take(rows, window);
    if (endProven(window, source.habits())) return;
    const middle = middleOf(window);
    windows += 2;
    if (middle === undefined || windows > MAX_WINDOWS) throw source.error('lookup_limit');
    const parts = [
      await source.ask({ before: middle, after: window.after, limit: MAX_LIMIT }),
      await source.ask({ before: window.before, after: middle - FINEST, limit: MAX_LIMIT }),
    ];
    // A part that comes whole must show again what the answer before it showed of it; else bounds part the rows elsewhere.
    const shown = new Set(parts.flatMap((part) => part.rows.map((row) => row.id)));
    for (const [at, part] of parts.entries()) {
      const inside = ({ createdAt }: ListedPin): boolean =>
        createdAt !== null && floorTo(createdAt, FINEST) < middle === (at === 0);
      const lost = window.rows.some((row) => inside(row) && !shown.has(row.id));
      if (lost && endProven(part, source.habits())) throw source.error('lookup_limit');
    }
    for (const part of parts) await collect(part);
  };
  await collect(whole);
  return [...rows.values()];
}

/** Where to part this answer's stretch of time: on a whole second, for services that compare no finer, else on a millisecond. */
function middleOf({ rows, before, after }: Window): number | undefined {
  const times = rows.flatMap((row) => row.createdAt ?? []).sort(compareInstants);
  const middle = times[Math.floor(times.length / 2)];
  return (
    middle &&
    [SECOND, FINEST]
      .map((step) => floorTo(middle, step))
      .find((at) => (after === null || at > after + FINEST) && (before === null || at < before))
  );
}

/**
 * Whether an answer that goes on from these rows may be the last: fewer rows than asked for, and either its count, when that is still
 * `all` that was counted without a bound, is reached, or nothing new came. As many rows as ever came may be cut when more of them
 * are counted.
 */
function isLastPart(source: Source, window: Window, known: ReadonlyMap<string, Row>, all: number): boolean {
  const { count, length, limit } = window;
  const habits = source.habits();
  if (length >= limit || isAtLimit(window, habits)) return false;
  const fresh = window.rows.filter((row) => !known.has(row.id)).length;
  const mayBeCut = count > length && length >= habits.longest;
  const allFound = count > length && count >= all && count <= known.size + fresh;
  return endProven(window, habits) || (fresh === 0 && !mayBeCut) || allFound;
}

/** Adds what is new; false when nothing was. */
function take(rows: Map<string, Row>, window: Window): boolean {
  const known = rows.size;
  for (const row of placeRows(window)) if (!rows.has(row.id)) rows.set(row.id, row);
  return rows.size > known;
}

function newestOf(rows: ReadonlyMap<string, Row>): Row | undefined {
  let newest: Row | undefined;
  for (const row of rows.values()) if (row.at !== TOP && (!newest || !isLater(newest.at, row.at))) newest = row;
  return newest;
}

/** Whether no row lies clearly outside the bound: a second is left for services that compare whole ones. */
function isAbove({ rows }: Window, after: number | null): boolean {
  return after === null || rows.every(({ createdAt }) => !createdAt || floorTo(createdAt, FINEST) >= after - SECOND);
}

function isBelow({ rows }: Window, before: number | null): boolean {
  return before === null || rows.every(({ createdAt }) => !createdAt || floorTo(createdAt, FINEST) <= before + SECOND);
}
