import type { UpstreamError } from '../../errors.js';
import type { ParsedCid } from '../../values/cid.js';
import type { Instant } from '../../values/instant.js';
import type { JsonObject } from '../../values/json.js';

export const pinStatuses = ['QUEUED', 'PINNING', 'PINNED', 'FAILED', 'REMOVED', 'UNKNOWN'] as const;
export type PinStatus = (typeof pinStatuses)[number];

export const textMatches = ['EXACT', 'IEXACT', 'PARTIAL', 'IPARTIAL'] as const;
export type TextMatch = (typeof textMatches)[number];

/** A request to keep content, and how far the service has got with it. */
export type Pin = {
  readonly service: string;
  readonly requestId: string;
  readonly status: PinStatus;
  readonly createdAt: Instant;
  /** As the service spells it. */
  readonly cid: string;
  readonly name: string | null;
  readonly origins: readonly string[];
  /** Without our own marker. Values should be strings; others are as the service shows them. */
  readonly meta: JsonObject;
  /** Our marker (`gw_idem`) when the service kept it. */
  readonly marker: string | null;
  readonly delegates: readonly string[];
  /** Numbers that a double would change are text. */
  readonly info: JsonObject;
  readonly statusDetails: string | null;
  /** Decimal digits; may exceed 2^53. */
  readonly dagSize: string | null;
  readonly rawSize: string | null;
  readonly pinnedUntil: Instant | null;
  /** What filters may ask for and the service showed in a way that nobody can read; left out when there is none. */
  readonly unread?: { readonly status: boolean; readonly name: boolean; readonly meta: boolean };
};

/** What a caller asks to be pinned. */
export type PinInput = {
  readonly cid: string;
  readonly name: string | null;
  readonly origins: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
};

/** The filters of a listing, all of them optional and joined by AND. */
export interface PinQuery {
  readonly cids: readonly ParsedCid[];
  readonly name: string | null;
  readonly match: TextMatch;
  /** Empty = all of them. */
  readonly status: readonly PinStatus[];
  /** Both bounds are exclusive. */
  readonly createdAfter: Instant | null;
  readonly createdBefore: Instant | null;
  readonly meta: Readonly<Record<string, string>> | null;
}

/**
 * A place in a listing, newest first: right behind one pin. Everything created later, and the pins of the same instant
 * named in `seen` (the pin itself is the last of them), lie before it; all else lies after it.
 */
export interface PinPosition {
  readonly createdAt: Instant;
  /** Short hashes of request ids, see position.ts. */
  readonly seen: readonly string[];
}

/** Which part of a listing is wanted. At most one of first and last; both are 0 to 100. */
export type PinSlice =
  | { readonly first: number; readonly after: PinPosition | null; readonly before: PinPosition | null }
  | { readonly last: number; readonly after: PinPosition | null; readonly before: PinPosition | null };

/** One row of a page: a row that could not be read keeps its place, with the reason. */
export interface PinEdge {
  readonly node: Pin | UpstreamError;
  readonly position: PinPosition;
}

export interface PinPage {
  readonly edges: readonly PinEdge[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** How many pins match the query; null when the service's count cannot be trusted. Asks the service only if it must. */
  totalCount(): Promise<number | null>;
}
