import { UpstreamError, type BadResponseReason } from '../../../errors.js';
import type { ParsedCid } from '../../../values/cid.js';
import type { ListedPin, ListPins, ListRequest } from './listing.js';
import type { PinQuery, PinStatus } from '../model.js';
import { askTwice, hasOneOfEach, USUAL_PAGE } from './all-rows.js';
import { filtersOf, provesFilter } from './filter-proof.js';
import { MAX_LIMIT } from './list-query.js';
import type { FilterName, ListingHabits, HabitMemory } from './listing-habits.js';
import { createRefilter, isWithin } from './refilter.js';
import { boundText, ceilToSecond, FINEST, floorTo, SECOND } from './ticks.js';
import type { Row } from './position.js';

/** One page may cost this many calls at most; only a service that hides its rows comes near it. */
const MAX_CALLS = 200;
/** A page whose filter is applied here may cost this many, of a thousand rows each. */
const MAX_CALLS_FILTERING = 10;
const askable: readonly PinStatus[] = ['QUEUED', 'PINNING', 'PINNED', 'FAILED'];

/** What is asked of a listing beyond its filters: bounds in epoch milliseconds. */
export interface Bounds {
  readonly before: number | null;
  readonly after: number | null;
  readonly limit: number;
}

/** One answer of a listing, each row once. */
export interface Window extends Bounds {
  readonly count: number;
  /** How many rows came, repeated ones included. */
  readonly length: number;
  readonly rows: readonly ListedPin[];
  /** As many as a usual page has, and yet no sign of a cut: CIDs were asked for, and each row has a spelling of its own. */
  readonly oneOfEach: boolean;
  /** Whether the service said so twice in a row. */
  readonly twice: boolean;
}

/** One listing of a query: all of it, or the part for one batch of its CIDs. */
export interface Source {
  ask(bounds: Bounds): Promise<Window>;
  /** Whether the query wants this row, standing at this place. */
  wants(row: ListedPin, at: Row['at']): boolean;
  /** Whether nothing at or before this instant is wanted. */
  isBeyond(at: Row['at']): boolean;
  habits(): ListingHabits;
  learn(habits: Partial<ListingHabits>): void;
  error(kind: 'bad_response' | 'lookup_limit', reason?: BadResponseReason): UpstreamError;
  /** Whether the query itself is bounded by time, so that no count is the count of the query. */
  readonly bounded: boolean;
  /** Whether some filters are applied here alone, so that no count of the service's speaks of the query. */
  readonly filteredHere: boolean;
  /** Whether everything is asked for, in all states or in some. */
  readonly unfiltered: boolean;
  /** The first answer with rows to a request without any bound of time; an empty one while there is no other. */
  readonly boundless: Window | undefined;
  /** Whether the service sent rows that the query does not want, so that its counts mean nothing. */
  readonly counted: boolean;
}

/** What the listings of one page have in common. */
export interface PageScope {
  readonly provider: string;
  readonly list: ListPins;
  readonly order: HabitMemory;
  readonly query: PinQuery;
  /** Filters that are not sent, because the service may hide rows by them. */
  readonly left: ReadonlySet<FilterName>;
  calls: number;
}

/** The statuses to ask for; empty when none of those wanted can be asked for. */
export function askableStatuses(query: PinQuery): readonly PinStatus[] {
  return query.status.length === 0 ? askable : askable.filter((status) => query.status.includes(status));
}

const none: ReadonlySet<FilterName> = new Set();

/**
 * The request of a query for some of its CIDs. The query's own bounds are sent a little too wide and applied exactly
 * later; filters that are `left` out are applied here alone.
 */
export function requestFor(
  query: PinQuery,
  cids: readonly ParsedCid[],
  { before, after, limit }: Bounds,
  left: ReadonlySet<FilterName> = none,
): ListRequest {
  const [earliest, latest] = ownBounds(query);
  const byName = query.name !== null && !left.has(query.match);
  const byMeta = query.meta !== null && !left.has('meta') && Object.keys(query.meta).length > 0;
  return {
    cids: cids.flatMap((cid) => cid.spellings),
    name: byName ? query.name : null,
    match: byName ? query.match : 'EXACT',
    status: askableStatuses(query),
    before: boundText(before === null ? latest : Math.min(before, latest ?? before)),
    after: boundText(after === null ? earliest : Math.max(after, earliest ?? after)),
    meta: byMeta ? query.meta : null,
    limit,
  };
}

function ownBounds({ createdAfter, createdBefore }: PinQuery): [number | null, number | null] {
  // One second more at the far end: a service may cut both sides of the comparison to whole seconds.
  return [createdAfter && floorTo(createdAfter, SECOND) - SECOND, createdBefore && ceilToSecond(createdBefore)];
}

/** Opens the listing of these CIDs, or of everything when there are none. */
export function openSource(scope: PageScope, cids: readonly ParsedCid[]): Source {
  return new Listing(scope, cids);
}

/** A class for the sake of its getters: each literal with getters is a kind of its own, and keeps all that came after it alive. */
class Listing implements Source {
  readonly bounded: boolean;
  readonly filteredHere: boolean;
  readonly unfiltered: boolean;
  #boundless: Window | undefined;
  #counted = true;
  /** Ids of the rows that came so far. */
  readonly #met = new Set<string>();
  readonly #matches: (row: ListedPin) => boolean;

  constructor(
    private readonly scope: PageScope,
    private readonly cids: readonly ParsedCid[],
  ) {
    const { query } = scope;
    this.filteredHere = scope.left.size > 0;
    this.unfiltered = cids.length === 0 && filtersOf(query).length === 0;
    this.bounded = query.createdAfter !== null || query.createdBefore !== null;
    this.#matches = createRefilter(query, cids);
  }

  get boundless(): Window | undefined {
    return this.#boundless;
  }

  get counted(): boolean {
    return this.#counted;
  }

  async ask(bounds: Bounds): Promise<Window> {
    const { scope } = this;
    if (++scope.calls > (this.filteredHere ? MAX_CALLS_FILTERING : MAX_CALLS)) throw this.error('lookup_limit');
    // Few of the rows may be wanted, so as many are asked for as there can be.
    const limit = this.filteredHere ? MAX_LIMIT : bounds.limit;
    const { before, after } = bounds;
    const request = requestFor(scope.query, this.cids, { before, after, limit }, scope.left);
    const { answer, twice } = await askTwice(scope.list, request, this.#met.size);
    const { count, results } = answer;
    for (const { id } of results) this.#met.add(id);
    this.#learnFilters(results);
    const length = results.length;
    const habits = this.habits();
    if (length >= limit && count > length !== habits.countsBeyond) this.learn({ countsBeyond: count > length });
    const rows = distinct(results);
    // What is longer than a limit refutes it; rows that came twice are no part of that.
    if (rows.length > habits.longest) this.learn({ longest: rows.length, cutsAt: 0 });
    if (habits.wholeSecondBounds && partsSecond(before, rows)) this.learn({ wholeSecondBounds: false });
    this.#counted &&= rows.every(this.#matches);
    const oneOfEach = length === USUAL_PAGE && this.cids.length > 0 && hasOneOfEach(results);
    const window = { before, after, limit, count, length, rows, oneOfEach, twice };
    if (before === null && after === null && !this.bounded && !this.#boundless?.length) this.#boundless = window;
    return window;
  }

  /** A row that only this filter can have chosen shows that the service knows it. */
  #learnFilters(rows: readonly ListedPin[]): void {
    const { query, left } = this.scope;
    if (query.name === null && query.meta === null) return;
    const { honours } = this.habits();
    const shown = filtersOf(query).filter(
      (filter) =>
        !left.has(filter) &&
        !honours.has(filter) &&
        rows.some(({ pin }) => 'cid' in pin && provesFilter(pin, query, filter)),
    );
    if (shown.length > 0) this.learn({ honours: new Set([...honours, ...shown]) });
  }

  wants(row: ListedPin, at: Row['at']): boolean {
    return isWithin(this.scope.query, at) && this.#matches(row);
  }

  isBeyond(at: Row['at']): boolean {
    const { createdAfter } = this.scope.query;
    return createdAfter !== null && at.seconds < createdAfter.seconds;
  }

  habits(): ListingHabits {
    return this.scope.order.recall();
  }

  learn(habits: Partial<ListingHabits>): void {
    this.scope.order.learn(habits);
  }

  error(kind: 'bad_response' | 'lookup_limit', reason?: BadResponseReason): UpstreamError {
    return new UpstreamError(kind, {
      provider: this.scope.provider,
      operation: 'getPins',
      delivery: 'answered',
      reason,
    });
  }
}

/** Whether rows came from within the second that the bound parts: a service that cuts bounds to whole seconds has none. */
function partsSecond(before: number | null, rows: readonly ListedPin[]): boolean {
  if (before === null || before % SECOND === 0) return false;
  const [from, to] = [Math.floor(before / SECOND) * SECOND, before];
  return rows.some(({ createdAt }) => {
    const at = createdAt && floorTo(createdAt, FINEST);
    return at !== null && at > from && at < to;
  });
}

/** Each row once: of those with one id the last, at the place of the first. */
function distinct(rows: readonly ListedPin[]): readonly ListedPin[] {
  const ids = new Set<string>();
  for (const { id } of rows) ids.add(id);
  return ids.size === rows.length ? rows : [...new Map(rows.map((row) => [row.id, row])).values()];
}
