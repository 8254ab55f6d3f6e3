import { createHash } from 'node:crypto';
import type { UpstreamError } from '../../errors.js';
import type { Instant } from '../../values/instant.js';
import type { Pin, PinEdge, PinPosition } from './model.js';
import { isLater, isSame } from './ticks.js';

/** A row of a listing at its place: a row without a readable time stands right behind its predecessor. */
export interface Row {
  readonly id: string;
  readonly at: Instant;
  readonly pin: Pin | UpstreamError;
}

/** What a position calls a request id: 48 bits of its SHA-256, enough to tell the pins of one instant apart. */
export function positionId(requestId: string): string {
  return createHash('sha256').update(requestId).digest('hex').slice(0, 12);
}

/** Which side of a position a row lies on. */
export interface Divider {
  readonly at: Instant;
  readonly seen: readonly string[];
  /** Created later, or of the same instant and named in `seen`: the position's own row included. */
  isBefore(row: Row): boolean;
  /** The row that the position stands behind. */
  isOwn(row: Row): boolean;
}

/** Reads a position as the line that parts a listing in two. */
export function dividerAt(position: PinPosition): Divider {
  const seen = new Set(position.seen);
  const own = position.seen.at(-1);
  const at = position.createdAt;
  return {
    at,
    seen: position.seen,
    isBefore: (row) => isLater(row.at, at) || (isSame(row.at, at) && seen.has(positionId(row.id))),
    isOwn: (row) => isSame(row.at, at) && positionId(row.id) === own,
  };
}

/**
 * Edges for these consecutive rows of a listing. `listing` holds at least every row that shares an instant with one of them
 * and precedes it, except those that `after` names already.
 */
export function edgesOf(rows: readonly Row[], listing: readonly Row[], after: PinPosition | null): PinEdge[] {
  const [first] = rows;
  if (!first) return [];
  const edges: PinEdge[] = [];
  const wanted = new Set(rows.map((row) => row.id));
  let tick: Tick | undefined;
  for (let index = listing.findIndex((row) => isSame(row.at, first.at)); edges.length < rows.length; index++) {
    const row = listing[index];
    if (!row) break;
    if (!tick || !isSame(tick.at, row.at)) tick = { at: row.at, before: after && isSame(after.createdAt, row.at) ? after.seen : [], ids: [] };
    tick.ids.push(row.id);
    if (wanted.has(row.id)) edges.push(new Edge(row.pin, row.at, tick, tick.ids.length));
  }
  return edges;
}

/** The rows of one instant, in their order. */
interface Tick {
  readonly at: Instant;
  /** Names of those that an earlier page showed. */
  readonly before: readonly string[];
  readonly ids: string[];
}

/** A row of a page. Its position is worked out when somebody asks for a cursor, which few do. */
class Edge implements PinEdge {
  constructor(readonly node: PinEdge['node'], private readonly at: Instant, private readonly tick: Tick, private readonly count: number) {}

  get position(): PinPosition {
    const { before, ids } = this.tick;
    return { createdAt: this.at, seen: [...new Set([...before, ...ids.slice(0, this.count).map(positionId)])] };
  }
}
