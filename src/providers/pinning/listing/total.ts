import { UpstreamError } from '../../../errors.js';
import { confirmEnd, isAtLimit } from './end-proof.js';
import { MAX_LIMIT } from './list-query.js';
import type { Source, Window } from './source.js';
import type { Span } from './span.js';
import { isLater } from './ticks.js';
import { askUntilSure, isEmpty } from './twice.js';

/**
 * How many pins a listing holds, from what its page has read already when that proves it, else by one request more, two at
 * most; null when the service's count cannot be trusted. `span` is what was read of it.
 */
export async function countPins(source: Source, span: Span | undefined): Promise<number | null> {
  const whole = span?.top === null && span.bottom === null;
  // Of a row that cannot be read nobody knows whether the filter wants it.
  if (source.filteredHere) return whole && span.rows.every(isReadable) ? span.rows.length : null;
  if (!source.counted) return null;
  if (whole) {
    // A service that claims more than can be found is not to be believed, nor is what was found.
    const claim = source.bounded ? 0 : (source.boundless?.count ?? 0);
    return claim > span.rows.length ? null : span.rows.length;
  }
  if (source.bounded) return countBounded(source);
  const first = source.boundless ?? (await askUntilSure(source, { before: null, after: null, limit: 1 }, isEmpty));
  // A full answer whose count is its length may go on.
  const full = first.count === first.length && first.length === first.limit && first.limit < MAX_LIMIT;
  const window = full ? await source.ask({ before: null, after: null, limit: MAX_LIMIT }) : first;
  if (isRefuted(window, span)) {
    source.learn({ cutsAt: window.rows.length });
    return null;
  }
  if (contradicts(window, span) || !(await speaksOfAll(source, window))) return null;
  // What it showed before it changed its mind about counting proves nothing of how much it shows now.
  const unproven = { ...source.habits(), longest: 0 };
  const cut = isAtLimit(window, source.habits());
  const isPlain = window.count === window.length && window.rows.length === window.length;
  const claimed = window.count > window.length || (isPlain && !cut && (await confirmEnd(source, window, unproven)));
  return source.counted && claimed ? window.count : null;
}

/** Whether the page shows a row that an answer without bounds left out at its end, although it counts no more than it shows. */
function isRefuted({ count, length, rows }: Window, span: Span | undefined): boolean {
  const last = rows.at(-1)?.createdAt;
  if (count > length || !last || !span) return false;
  const shown = new Set(rows.map((row) => row.id));
  return span.rows.some((row) => isLater(last, row.at) && !shown.has(row.id));
}

/** Whether the page holds more rows than were counted. */
function contradicts({ count }: Window, span: Span | undefined): boolean {
  return span !== undefined && span.rows.length > count;
}

/**
 * Some services count one row more than they show while there are more, however many. Where a count may be such a one, it is
 * compared with that of another length: this one would be different too.
 */
async function speaksOfAll(source: Source, { count, length }: Window): Promise<boolean> {
  if (count !== length + 1) return true;
  if (source.habits().countsNext) return false;
  const other = await source.ask({ before: null, after: null, limit: length === 1 ? 2 : 1 });
  if (other.count === count) return true;
  source.learn({ countsNext: true });
  return false;
}

function isReadable({ pin }: Span['rows'][number]): boolean {
  return !(pin instanceof UpstreamError) && pin.unread === undefined;
}

/** Bounds are sent a little too wide, so only rows in hand can be counted. */
async function countBounded(source: Source): Promise<number | null> {
  const window = await askUntilSure(source, { before: null, after: null, limit: MAX_LIMIT }, isEmpty);
  if (!source.counted || !(await confirmEnd(source, window))) return null;
  return window.rows.filter((row) => row.createdAt === null || source.wants(row, row.createdAt)).length;
}
