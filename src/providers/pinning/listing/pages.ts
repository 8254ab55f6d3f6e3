import { invalidInput, UpstreamError } from '../../../errors.js';
import type { ParsedCid } from '../../../values/cid.js';
import { MAX_LIMIT, MAX_SPELLINGS, spellingsOf } from './list-query.js';
import type { ListPins, ListRequest } from './listing.js';
import type { PinPage, PinQuery, PinSlice } from '../model.js';
import { filtersOf } from './filter-proof.js';
import { NotNewestFirst, type FilterName, type HabitMemory } from './listing-habits.js';
import { edgesOf } from './position.js';
import { anyBefore, readPage, readPageInBulk, type PageReading } from './reading.js';
import { askableStatuses, openSource, requestFor, type PageScope, type Source } from './source.js';
import type { Span } from './span.js';
import { countPins } from './total.js';

export { positionId } from './position.js';
export { createHabitMemory, type HabitMemory } from './listing-habits.js';

export interface PagerOptions {
  /** As clients see it in errors: `pinning:<name>`. */
  readonly provider: string;
  readonly list: ListPins;
  /** One per service, shared by all its callers. */
  readonly order: HabitMemory;
  /** Whether the URL of this request is short enough to be sent; without it every one is. */
  readonly urlFits?: (request: ListRequest) => boolean;
}

export interface Pager {
  /**
   * One page of a query, exact in both directions whatever the service makes of order, ties, bounds and counts. Throws
   * `lookup_limit` when the page cannot be known, `bad_response` (`pagination_stuck`) when the service hides pins.
   */
  page(query: PinQuery, slice: PinSlice): Promise<PinPage>;
}

const emptyPage: PinPage = {
  edges: [],
  hasNextPage: false,
  hasPreviousPage: false,
  totalCount: () => Promise.resolve(0),
};

/** Makes Relay pages of a service's listing. */
export function createPager({ provider, list, order, urlFits = () => true }: PagerOptions): Pager {
  const readWithout = async (query: PinQuery, slice: PinSlice, left: ReadonlySet<FilterName>) => {
    const scope: PageScope = { provider, list, order, query, left, calls: 0 };
    const sources = batchesOf(query, left, urlFits).map((cids) => openSource(scope, cids));
    return { sources, ...(await read(sources, slice, order)) };
  };

  /**
   * Sends the filters that the service can be trusted with, or may be: what came is believed when it shows that the service
   * understands them, else the page is read once more and filtered here.
   */
  const readTrusting = async (query: PinQuery, slice: PinSlice) => {
    const filters = filtersOf(query);
    const left = new Set(
      filters.filter((filter) => order.recall().hides.has(filter) || !fitsUrl(query, filter, urlFits)),
    );
    const inDoubt = () => filters.filter((filter) => !left.has(filter) && !order.recall().honours.has(filter));
    const before = inDoubt();
    const reading = await readWithout(query, slice, left).catch((error: unknown) => {
      if (before.length > 0 && isAgainstTheQuery(error)) return undefined;
      throw error;
    });
    const doubtful = reading ? inDoubt() : before;
    if (reading && doubtful.length === 0) return reading;
    const filtered = await readWithout(query, slice, new Set([...left, ...doubtful]));
    const seen = new Set(reading?.selection.rows.map((row) => row.id));
    if (!reading || filtered.selection.rows.some((row) => !seen.has(row.id) && 'cid' in row.pin))
      order.learn({ hides: new Set([...order.recall().hides, ...doubtful]) });
    return filtered;
  };

  return {
    async page(query, slice) {
      if (askableStatuses(query).length === 0) return emptyPage;
      const { sources, selection, span, spans } = await readTrusting(query, slice);
      let total: Promise<number | null> | undefined;
      return {
        edges: edgesOf(selection.rows, span.rows, slice.after),
        hasNextPage: selection.hasNextPage === true,
        hasPreviousPage: selection.hasPreviousPage === true,
        totalCount: () => (total ??= sumUp(sources, spans)),
      };
    },
  };
}

async function read(sources: readonly Source[], slice: PinSlice, order: HabitMemory): Promise<PageReading> {
  if (order.recall().order === 'bulk') return readPageInBulk(sources, slice);
  try {
    return await withFlags(sources, slice, await readPage(sources, slice));
  } catch (error) {
    if (!(error instanceof NotNewestFirst)) throw error;
    order.learn({ order: 'bulk' });
    return readPageInBulk(sources, slice);
  }
}

/** Asks whether anything precedes the page when its rows do not tell: only when the pin of a cursor is gone. */
async function withFlags(sources: readonly Source[], { after }: PinSlice, reading: PageReading): Promise<PageReading> {
  const { selection } = reading;
  if (selection.hasPreviousPage !== undefined || !after) return reading;
  const found = await Promise.all(sources.map((source) => anyBefore(source, after)));
  return { ...reading, selection: { ...selection, hasPreviousPage: found.includes(true) } };
}

async function sumUp(sources: readonly Source[], spans: readonly Span[]): Promise<number | null> {
  const counts = await Promise.all(sources.map((source, index) => countPins(source, spans[index])));
  return counts.reduce<number | null>((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

/** Whether a service stumbled over what it was asked: some answer 500 to a filter that they cannot read. */
function isAgainstTheQuery(error: unknown): boolean {
  return error instanceof UpstreamError && (error.kind === 'rejected' || error.status === 500 || error.status === 501);
}

/** A request at its longest. */
const LONGEST = { before: 0, after: 0, limit: MAX_LIMIT };

/** Whether a filter leaves a URL that can be sent, with room for the longest of the usual CIDs. */
function fitsUrl(query: PinQuery, filter: FilterName, urlFits: (request: ListRequest) => boolean): boolean {
  const others = new Set(filtersOf(query).filter((other) => other !== filter));
  return urlFits(requestFor(query, query.cids.slice(0, 1), LONGEST, filter === 'meta' ? none : others));
}

const none: ReadonlySet<FilterName> = new Set();

/** Splits a query's CIDs into as few listings as fit: ten spellings and one URL each, the two spellings of one CID together. */
function batchesOf(
  query: PinQuery,
  left: ReadonlySet<FilterName>,
  urlFits: (request: ListRequest) => boolean,
): readonly (readonly ParsedCid[])[] {
  const fits = (cids: readonly ParsedCid[]): boolean =>
    spellingsOf(cids).length <= MAX_SPELLINGS && urlFits(requestFor(query, cids, LONGEST, left));
  if (query.cids.length === 0) return [[]];
  const distinct = [...new Map(query.cids.map((cid) => [cid.key, cid])).values()];
  const batches: ParsedCid[][] = [];
  for (const cid of distinct) {
    const current = batches.at(-1);
    if (current && fits([...current, cid])) current.push(cid);
    else if (fits([cid])) batches.push([cid]);
    else throw invalidInput('filter.cids', 'is too long for a listing');
  }
  return batches;
}
