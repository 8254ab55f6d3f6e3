import { UpstreamError } from '../../../errors.js';
import { compareInstants, instantFromMillis } from '../../../values/instant.js';
import { readInBulk } from './bulk.js';
import { Climb } from './climb.js';
import { MAX_LIMIT } from './list-query.js';
import type { PinPosition, PinSlice } from '../model.js';
import { dividerAt, type Row } from './position.js';
import type { Source } from './source.js';
import { mergeSpans, select, type Selection, type Span } from './span.js';
import { FINEST, floorTo, justBefore, TOP } from './ticks.js';
import { Walk } from './walk.js';

/** The most windows that are read to find the oldest pins. */
const MAX_WINDOWS_TO_END = 20;

/** What was read for a slice, and what it shows. */
export interface PageReading {
  readonly selection: Selection;
  readonly span: Span;
  /** One per listing. */
  readonly spans: readonly Span[];
}

/** Reads as much as a slice needs, in the direction that costs least. Throws NotNewestFirst when listings cannot be walked. */
export function readPage(sources: readonly Source[], slice: PinSlice): Promise<PageReading> {
  if ('first' in slice) return walkDown(sources, slice, slice.first + (slice.after?.seen.length ?? 0) + 1, Infinity);
  return slice.before ? climbUp(sources, slice, slice.before) : walkDown(sources, slice, MAX_LIMIT, MAX_WINDOWS_TO_END);
}

/** Reads everything at once and selects from that. Throws `lookup_limit` when the slice reaches beyond what came. */
export async function readPageInBulk(sources: readonly Source[], slice: PinSlice): Promise<PageReading> {
  // Of several listings nobody knows which one holds the rows of the cursors.
  const through = sources.length === 1 ? [slice.after, slice.before].flatMap((at) => at?.seen.at(-1) ?? []) : [];
  const reading = assemble(await Promise.all(sources.map((source) => readInBulk(source, through))), slice);
  const { selection } = reading;
  if (selection.missing) {
    // Rows in order up to here speak against what was seen before: next time the listing is walked again, as far as bounds allow.
    if (reading.span.top === null && reading.span.bottom !== null)
      for (const source of sources) source.learn({ order: 'unknown' });
    throw limitReached(sources);
  }
  // An open end means that there is more beyond it.
  const { hasNextPage = true, hasPreviousPage = true } = selection;
  return { ...reading, selection: { ...selection, hasNextPage, hasPreviousPage } };
}

async function walkDown(
  sources: readonly Source[],
  slice: PinSlice,
  limit: number,
  maxWindows: number,
): Promise<PageReading> {
  const walks = sources.map((source) => new Walk(source, { cursor: slice.after, limit }));
  let unread = walks;
  for (let windows = 1; ; windows++) {
    const stuck = await moveOn(unread);
    const reading = assemble(
      walks.map((walk) => walkSpan(walk, slice.after)),
      slice,
    );
    if (stuck) return lastBeforeStuck(reading, slice, stuck);
    if (!reading.selection.missing) return reading;
    if (windows >= maxWindows) throw limitReached(sources);
    unread = lowestReach(walks);
  }
}

async function climbUp(sources: readonly Source[], slice: PinSlice, before: PinPosition): Promise<PageReading> {
  const climbs = sources.map((source) => new Climb(source, before, slice.after));
  let unread = climbs;
  for (;;) {
    await Promise.all(unread.map((climb) => climb.more()));
    const reading = assemble(climbs.map(climbSpan), slice);
    const open = climbs.filter((climb) => !climb.done);
    if (!reading.selection.missing || open.length === 0) return withFoot(sources, slice, before, reading);
    const lowest = Math.min(...open.map((climb) => climb.edge ?? Infinity));
    unread = open.filter((climb) => climb.edge === lowest);
  }
}

/**
 * Adds what lies at the position itself when its own row was not met: it is gone, or has no time to be found by. What follows
 * it then tells whether there is a next page.
 */
async function withFoot(
  sources: readonly Source[],
  slice: PinSlice,
  before: PinPosition,
  reading: PageReading,
): Promise<PageReading> {
  const divider = dividerAt(before);
  if (reading.span.rows.some((row) => divider.isOwn(row))) return reading;
  const lies = (row: Row): boolean => !divider.isBefore(row) || divider.isOwn(row);
  const spans = await Promise.all(
    sources.map(async (source, index): Promise<Span> => {
      const walk = new Walk(source, { cursor: before, limit: before.seen.length + 1 });
      while (!walk.done && !walk.rows.some(lies)) await walk.more();
      const { rows, top } = reading.spans[index] ?? reading.span;
      const known = new Set(rows.map((row) => row.id));
      return {
        rows: [...rows, ...walk.rows.filter((row) => !known.has(row.id))],
        top,
        bottom: walk.done ? null : walk.frontier,
      };
    }),
  );
  return assemble(spans, slice);
}

/** Moves the walks on; resolves with the error when one is stuck, because what is known may be enough. */
async function moveOn(walks: readonly Walk[]): Promise<UpstreamError | undefined> {
  try {
    await Promise.all(walks.map((walk) => walk.more()));
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamError && error.reason === 'pagination_stuck') return error;
    throw error;
  }
}

/** A full page stands although nothing behind it can be read: the next one will fail. */
function lastBeforeStuck(reading: PageReading, slice: PinSlice, stuck: UpstreamError): PageReading {
  const { selection } = reading;
  if (!('first' in slice) || slice.first === 0 || selection.known < slice.first) throw stuck;
  return { ...reading, selection: { ...selection, hasNextPage: true } };
}

/** The walks that hold the others up: what they have read reaches least far down. */
function lowestReach(walks: readonly Walk[]): Walk[] {
  const open = walks.filter((walk) => !walk.done);
  const reach = (walk: Walk): NonNullable<Walk['frontier']> => walk.frontier ?? TOP;
  return open.filter((walk) => open.every((other) => compareInstants(reach(walk), reach(other)) >= 0));
}

function assemble(spans: readonly Span[], slice: PinSlice): PageReading {
  const span = mergeSpans(spans);
  return { span, spans, selection: select(span, slice) };
}

function walkSpan(walk: Walk, after: PinPosition | null): Span {
  const fromHead = after === null || compareInstants(after.createdAt, TOP) >= 0;
  const top = fromHead ? null : instantFromMillis(floorTo(after.createdAt, FINEST) + FINEST);
  return { rows: walk.rows, top, bottom: walk.done ? null : (walk.frontier ?? TOP) };
}

function climbSpan(climb: Climb): Span {
  return {
    rows: climb.rows,
    top: climb.edge === null ? null : instantFromMillis(climb.edge),
    bottom: justBefore(climb.foot),
  };
}

function limitReached([source]: readonly Source[]): Error {
  return source ? source.error('lookup_limit') : new Error('no listing to read');
}

/** Whether any pin lies before this position: the head of a listing tells. */
export async function anyBefore(source: Source, position: PinPosition): Promise<boolean> {
  const divider = dividerAt(position);
  const walk = new Walk(source, { limit: 1 });
  while (!walk.done && walk.rows.length === 0) await walk.more();
  return walk.rows.some((row) => divider.isBefore(row));
}
