import { hash } from 'node:crypto';
import type { UpstreamError } from '../../../errors.js';
import type { Instant } from '../../../values/instant.js';
import type { Pin, PinEdge, PinPosition } from '../model.js';
import { isLater, isSame } from './ticks.js';

/** A row of a listing at its place: a row without a readable time stands right behind its predecessor. */
export interface Row {
  readonly id: string;
  readonly at: Instant;
  readonly pin: Pin | UpstreamError;
}

/** What a position calls a request id: 48 bits of its SHA-256, enough to tell the pins of one instant apart. */
export function positionId(requestId: string): string {
  return hash('sha256', requestId, 'hex').slice(0, 12);
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
 * Edges for these rows of a listing. `listing` holds at least every row that shares an instant with one of them and precedes
 * it, except those that `after` names already.
 */
export function edgesOf(rows: readonly Row[], listing: readonly Row[], after: PinPosition | null): PinEdge[] {
  const around = { listing, after };
  return rows.map((row) => new Edge(row, around));
}

/** A row of a page. Its position is worked out when somebody asks for a cursor, which few do. */
class Edge implements PinEdge {
  constructor(
    private readonly row: Row,
    private readonly around: { readonly listing: readonly Row[]; readonly after: PinPosition | null },
  ) {}

  get node(): PinEdge['node'] {
    return this.row.pin;
  }

  get position(): PinPosition {
    const {
      row,
      around: { listing, after },
    } = this;
    const upToHere = listing.slice(0, listing.indexOf(row) + 1);
    const tied = upToHere.filter(({ at }) => isSame(at, row.at)).map(({ id }) => positionId(id));
    const before = after && isSame(after.createdAt, row.at) ? after.seen : [];
    return { createdAt: row.at, seen: [...new Set([...before, ...tied])] };
  }
}
