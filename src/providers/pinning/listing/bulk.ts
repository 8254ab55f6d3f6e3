import { compareInstants, type Instant } from '../../../values/instant.js';
import { confirmEnd } from './end-proof.js';
import { MAX_LIMIT } from './list-query.js';
import type { Row } from './position.js';
import type { Source, Window } from './source.js';
import type { Span } from './span.js';
import { FINEST, floorTo, isLater, isSame, SECOND, TOP } from './ticks.js';

/** Steps in one direction that make it certain that a listing is sorted, and not so by chance. */
const CERTAIN_STEPS = 6;

/**
 * What one request for as much as a service gives shows of a listing that cannot be walked, newest first: all of it, its
 * newest or oldest part when it is sorted, and nothing reliable when it is not. Rows of an instant that may be cut are left out.
 */
export async function readInBulk(source: Source): Promise<Span> {
  const window = await source.ask({ before: null, after: null, limit: MAX_LIMIT });
  const rows = placeRows(window).sort((a, b) => compareInstants(b.at, a.at));
  const wanted = rows.filter((row) => source.wants({ id: row.id, createdAt: row.at, pin: row.pin }, row.at));
  if (await isComplete(source, window)) return { rows: wanted, top: null, bottom: null };
  const [rises, falls] = countSteps(window);
  const [newest, oldest] = [rows.find((row) => !isSame(row.at, TOP))?.at, rows.at(-1)?.at];
  if (newest && oldest && rises === 0 && falls >= CERTAIN_STEPS) {
    return { rows: wanted.filter((row) => isLater(row.at, oldest)), top: null, bottom: oldest };
  }
  if (newest && oldest && falls === 0 && rises >= CERTAIN_STEPS) {
    return { rows: wanted.filter((row) => isLater(newest, row.at)), top: newest, bottom: null };
  }
  throw source.error('lookup_limit');
}

function placeRows({ rows }: Window): Row[] {
  let at = TOP;
  return rows.map((row) => {
    at = row.createdAt ?? at;
    return { id: row.id, at, pin: row.pin };
  });
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
