import { compareInstants, type Instant } from '../../../values/instant.js';
import type { PinSlice } from '../model.js';
import { dividerAt, positionId, type Divider, type Row } from './position.js';
import { isLater, isSame } from './ticks.js';

/** A stretch of a listing, in its order. */
export interface Span {
  readonly rows: readonly Row[];
  /** Everything earlier than this, down to `bottom`, is in `rows`; null = they begin with the head of the listing. */
  readonly top: Instant | null;
  /** Everything later than this, up to `top`, is in `rows`; null = they end with the end of the listing. */
  readonly bottom: Instant | null;
}

/** The part of a span that a slice asks for, with the facts about what surrounds it; undefined = the span does not tell. */
export interface Selection {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean | undefined;
  readonly hasPreviousPage: boolean | undefined;
  /** How many rows of the slice are known, wanted or not. */
  readonly known: number;
  /** Where more must be read before the selection holds. */
  readonly missing: 'above' | 'below' | undefined;
}

/** Joins the spans of listings that have no row in common: the stretch that all of them cover. */
export function mergeSpans(spans: readonly Span[]): Span {
  const [only] = spans;
  if (only && spans.length === 1) return only;
  const later = (a: Instant | null, b: Instant | null): Instant | null => (a && b ? (isLater(a, b) ? a : b) : (a ?? b));
  const earlier = (a: Instant | null, b: Instant | null): Instant | null =>
    a && b ? (isLater(a, b) ? b : a) : (a ?? b);
  const bottom = spans.map((span) => span.bottom).reduce(later, null);
  const top = spans.map((span) => span.top).reduce(earlier, null);
  const covered = (row: Row): boolean => (!bottom || isLater(row.at, bottom)) && (!top || isLater(top, row.at));
  const rows = spans.flatMap((span) => span.rows).filter(covered);
  const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
  return { rows: unique.sort((a, b) => compareInstants(b.at, a.at)), top, bottom };
}

/**
 * Relay's algorithm over a listing of which only a span is known: the cursors cut the listing, then `first` or `last` cuts
 * what is between them. Both flags tell facts about the listing, whichever way the slice goes.
 */
export function select(span: Span, slice: PinSlice): Selection {
  const after = slice.after && dividerAt(slice.after);
  const before = slice.before && dividerAt(slice.before);
  const leads = (row: Row): boolean => after !== null && after.isBefore(row);
  const trails = (row: Row): boolean => before !== null && (!before.isBefore(row) || before.isOwn(row));
  const between = span.rows.filter((row) => !leads(row) && !trails(row));

  const forward = 'first' in slice;
  const size = forward ? slice.first : slice.last;
  const overflow = between.length > size;
  const openAbove = span.top !== null && !(after && isLater(span.top, after.at));
  const openBelow = span.bottom !== null && !(before && coversDownTo(span, span.bottom, before, after));
  const anyBefore = after !== null && (span.rows.some(leads) || (span.top === null ? false : undefined));
  const anyAfter = before !== null && (span.rows.some(trails) || (span.bottom === null ? false : undefined));
  const missing = forward
    ? (openAbove && 'above') || (!overflow && (openBelow || anyAfter === undefined) && 'below') || undefined
    : (openBelow && 'below') || (openAbove && !overflow && 'above') || undefined;
  return {
    rows: forward ? between.slice(0, size) : between.slice(Math.max(0, between.length - size)),
    hasNextPage: (forward && overflow) || anyAfter,
    hasPreviousPage: (!forward && overflow) || anyBefore,
    known: between.length,
    missing,
  };
}

/** Whether the rows reach past this position: beyond its instant, or to all the rows of it that lie before the position. */
function coversDownTo(span: Span, bottom: Instant, before: Divider, after: Divider | null): boolean {
  if (isLater(before.at, bottom)) return true;
  const tied = span.rows.filter((row) => isSame(row.at, before.at)).map((row) => positionId(row.id));
  const found = new Set(after && isSame(after.at, before.at) ? [...after.seen, ...tied] : tied);
  return before.seen.every((name) => found.has(name));
}
