import { UpstreamError } from '../../errors.js';
import type { PoolPage, PoolRow, PoolSlice, RowPosition } from './model.js';
import { Search } from './search.js';

/** Some rows of a listing, newest first, as they lay from `offset` on at one moment. */
export interface RowWindow<Node> {
  readonly offset: number;
  readonly rows: readonly PoolRow<Node>[];
  /** Whether it had been asked for before. */
  readonly remembered: boolean;
  /** Of two windows the one with the greater order was asked for later. */
  readonly order: number;
}

/** A listing that can be read only by offsets, and grows at its top while it is read. */
export interface Listing<Node> {
  /** As clients see it, and the operation that reads it: for errors. */
  readonly provider: string;
  readonly operation: string;
  /** Rows that a full window has; a shorter one ends the listing. */
  readonly window: number;
  /** `anew`: nothing remembered will do. */
  read(offset: number, anew: boolean): Promise<RowWindow<Node>>;
}

/** Windows of one page: three hold the largest, and some are let pass that bring less than they should. */
const MAX_WINDOWS = 10;
/** The most requests that are spent on finding one row again. */
const MAX_REQUESTS = 10;
const MAX_LOOKUP_WINDOWS = 20;

/**
 * The rows behind a place. Every window must hold the row that the walk has come to, so whatever happens at the top
 * between two reads, or however old a remembered window is: no row comes twice and none is left out. Rejects with
 * `cursor_expired` when that row cannot be found any more, with `lookup_limit` where windows bring nothing new.
 */
export async function readPage<Node>(listing: Listing<Node>, { first, after }: PoolSlice): Promise<PoolPage<Node>> {
  const found: { readonly node: Node | Error; readonly position: RowPosition }[] = [];
  const seen = new Set<string>();
  let more = first > 0;
  let anchor = after;
  for (let windows = 0; more && found.length <= first; windows += 1) {
    if (windows === MAX_WINDOWS) throw failure(listing, 'lookup_limit');
    const place = anchor === null ? { window: await listing.read(0, false), index: -1 } : await locate(listing, anchor);
    if (!place) throw failure(listing, 'cursor_expired');
    const {
      window: { rows, offset },
      index,
    } = place;
    // Where the row that the walk has come to lies now: whoever goes on from it finds it there at once.
    const reached = found.at(-1);
    if (reached && reached.position.id === anchor?.id)
      found[found.length - 1] = { ...reached, position: { ...reached.position, offsetHint: offset + index } };
    rows.slice(index + 1).forEach(({ id, time, node }, distance) => {
      if (seen.has(id)) return;
      seen.add(id);
      found.push({ node, position: { id, time, offsetHint: offset + index + 1 + distance } });
    });
    more = rows.length >= listing.window;
    // The last row of the window leads to the next one, also when it is the row that the walk came from.
    const last = rows.at(-1);
    anchor = last ? { id: last.id, time: last.time, offsetHint: offset + rows.length - 1 } : anchor;
  }
  return { edges: found.slice(0, first), hasNextPage: found.length > first, hasPreviousPage: after !== null };
}

function failure({ provider, operation }: Listing<unknown>, kind: 'cursor_expired' | 'lookup_limit'): UpstreamError {
  return new UpstreamError(kind, { provider, operation, delivery: 'answered' });
}

interface Place<Node> {
  readonly window: RowWindow<Node>;
  readonly index: number;
}

/** Finds a row again, and the window that it lies in; undefined when it is gone. */
async function locate<Node>(listing: Listing<Node>, anchor: RowPosition): Promise<Place<Node> | undefined> {
  const step = listing.window - 1;
  // Windows lie on a grid and overlap by one row: other walks find them remembered, and no row is the last of its own window.
  let offset: number | undefined = Math.floor(anchor.offsetHint / step) * step;
  let window = await listing.read(offset, false);
  if (window.remembered && indexOf(window, anchor) < 0) window = await listing.read(offset, true);
  const search = new Search(listing.window, anchor.time);
  for (let requests = 1; ; requests++) {
    const index = indexOf(window, anchor);
    if (index >= 0) return { window, index };
    offset = search.next(window);
    if (offset === undefined || requests === MAX_REQUESTS) return undefined;
    window = await listing.read(offset, true);
  }
}

function indexOf({ rows }: RowWindow<unknown>, anchor: RowPosition): number {
  return rows.findIndex(({ id }) => id === anchor.id);
}

/**
 * Rows by id, from the top down. An id that the listing ends without is null; one that is not among the first 20 windows
 * is an Error (`lookup_limit`): nobody knows whether it exists. The Error of a row without an id stands for it too.
 */
export async function findRows<Node>(listing: Listing<Node>, ids: readonly string[]): Promise<(Node | null | Error)[]> {
  const found = new Map<string, Node | Error>();
  let ended = false;
  let nameless: Error | undefined;
  let order = 0;
  for (let windows = 0; windows < MAX_LOOKUP_WINDOWS && !ended && ids.some((id) => !found.has(id)); windows++) {
    const offset = windows * listing.window;
    let window = await listing.read(offset, false);
    // While rows arrive at the top a later window repeats rows; an older one would leave some out.
    if (window.order < order) window = await listing.read(offset, true);
    order = window.order;
    for (const { id, node, nameless: without } of window.rows) {
      found.set(id, node);
      if (without && node instanceof Error) nameless ??= node;
    }
    ended = window.rows.length < listing.window;
  }
  return ids.map((id) => found.get(id) ?? (ended ? (nameless ?? null) : failure(listing, 'lookup_limit')));
}
