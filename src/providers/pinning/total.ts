import { endProven } from './end-proof.js';
import { MAX_LIMIT } from './list-query.js';
import type { Source, Window } from './source.js';
import type { Span } from './span.js';

/**
 * How many pins a listing holds, from what its page has read already when that proves it, else by one request more, two at
 * most; null when the service's count cannot be trusted. `span` is what was read of it.
 */
export async function countPins(source: Source, span: Span | undefined): Promise<number | null> {
  if (!source.counted) return null;
  if (span?.top === null && span.bottom === null) {
    // A service that claims more than can be found is not to be believed, nor is what was found.
    const claim = source.bounded ? 0 : source.boundless?.count ?? 0;
    return claim > span.rows.length ? null : span.rows.length;
  }
  if (source.bounded) return countBounded(source);
  const first = source.boundless ?? (await source.ask({ before: null, after: null, limit: 1 }));
  let total = trusted(first, source);
  // A full answer may go on, and one row asked for shows whether the service counts more than it returns.
  for (const limit of first.length < first.limit ? [1] : [MAX_LIMIT, 1]) {
    if (total !== undefined || limit === first.limit) continue;
    const next = await source.ask({ before: null, after: null, limit });
    total = trusted(next, source) ?? trusted(first, source);
  }
  return total ?? null;
}

/** The count of an answer without bounds of time: null when it is wrong, undefined when it proves nothing. */
function trusted(window: Window, source: Source): number | null | undefined {
  if (!source.counted || window.count < window.length) return null;
  return window.count > window.length || endProven(window, source.habits()) ? window.count : undefined;
}

/** Bounds are sent a little too wide, so only rows in hand can be counted. */
async function countBounded(source: Source): Promise<number | null> {
  const window = await source.ask({ before: null, after: null, limit: MAX_LIMIT });
  if (!source.counted || !endProven(window, source.habits())) return null;
  return window.rows.filter((row) => row.createdAt === null || source.wants(row, row.createdAt)).length;
}
