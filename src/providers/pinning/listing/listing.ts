import type { UpstreamError } from '../../../errors.js';
import type { Instant } from '../../../values/instant.js';
import type { Pin, PinStatus, TextMatch } from '../model.js';

/** One `GET /pins`, as the gateway asks it: everything optional in the protocol is stated. */
export interface ListRequest {
  /** Spellings, at most ten, few enough for the URL to fit; empty = no filter. */
  readonly cids: readonly string[];
  readonly name: string | null;
  /** Means something only together with `name`. */
  readonly match: TextMatch;
  /** Empty = all four that the protocol knows. */
  readonly status: readonly PinStatus[];
  /** RFC 3339, UTC, `Z`, exactly three fraction digits. */
  readonly before: string | null;
  /** Written like `before`. */
  readonly after: string | null;
  readonly meta: Readonly<Record<string, string>> | null;
  /** 1 to 1000. */
  readonly limit: number;
}

/** One row of a listing; a row that could not be read keeps its place, with the reason. */
export interface ListedPin {
  /** The request id, or a stable hash of a row that has none to read. */
  readonly id: string;
  /** Null when it cannot be read. */
  readonly createdAt: Instant | null;
  /** Comparison key of its CID, as far as that could be read; null when not. */
  readonly cidKey?: string | null;
  /** Of a row that cannot be read: the marker that it has all the same; null when it has none, undefined when that cannot be told. */
  readonly marker?: string | null | undefined;
  readonly pin: Pin | UpstreamError;
}

export interface ListAnswer {
  /** What the service says; services differ on what they count. */
  readonly count: number;
  /** In the service's order. */
  readonly results: readonly ListedPin[];
}

/** Asks one service with one credential. */
export type ListPins = (request: ListRequest) => Promise<ListAnswer>;
