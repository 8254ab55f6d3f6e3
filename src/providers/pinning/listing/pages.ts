import { invalidInput } from '../../../errors.js';
import type { ParsedCid } from '../../../values/cid.js';
import { MAX_LIMIT, MAX_SPELLINGS, spellingsOf } from './list-query.js';
import type { ListPins, ListRequest } from './listing.js';
import type { PinPage, PinQuery, PinSlice } from '../model.js';
import { NotNewestFirst, type OrderMemory } from './order-memory.js';
import { edgesOf } from './position.js';
import { anyBefore, readPage, readPageInBulk, type PageReading } from './reading.js';
import { askableStatuses, openSource, requestFor, type PageScope, type Source } from './source.js';
import type { Span } from './span.js';
import { countPins } from './total.js';

export { positionId } from './position.js';
export { createOrderMemory, type OrderMemory } from './order-memory.js';

export interface PagerOptions {
  /** As clients see it in errors: `pinning:<name>`. */
  readonly provider: string;
  readonly list: ListPins;
  /** One per service, shared by all its callers. */
  readonly order: OrderMemory;
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
  return {
    async page(query, slice) {
      if (askableStatuses(query).length === 0) return emptyPage;
      const scope: PageScope = { provider, list, order, query, calls: 0 };
      const sources = batchesOf(query, urlFits).map((cids) => openSource(scope, cids));
      const { selection, span, spans } = await read(sources, slice, order);
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

async function read(sources: readonly Source[], slice: PinSlice, order: OrderMemory): Promise<PageReading> {
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

/** Splits a query's CIDs into as few listings as fit: ten spellings and one URL each, the two spellings of one CID together. */
function batchesOf(query: PinQuery, urlFits: (request: ListRequest) => boolean): readonly (readonly ParsedCid[])[] {
  const longest = { before: 0, after: 0, limit: MAX_LIMIT };
  const fits = (cids: readonly ParsedCid[]): boolean =>
    spellingsOf(cids).length <= MAX_SPELLINGS && urlFits(requestFor(query, cids, longest));
  if (query.cids.length === 0) {
    // Only texts of the caller's own can make it long.
    if ((query.name !== null || query.meta !== null) && !fits([]))
      throw invalidInput('filter', 'is too long for a listing');
    return [[]];
  }
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
