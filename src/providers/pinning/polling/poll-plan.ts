import type { Pin } from '../model.js';
import { MAX_SPELLINGS } from '../listing/list-query.js';
import { monotonicNow } from '../../../values/clock.js';

/** Ways to read many pins: each by its id, all that are in progress in one listing, or those of ten CIDs to a listing. */
export type PollPlan = 'ids' | 'list' | 'cids';
export type ListingPlan = Exclude<PollPlan, 'ids'>;

/** Up to this many pins a listing is not worth its scarcer budget. */
const FEW = 2;
/** A listing that brings this many rows per pin wanted is heavier than one by CIDs. */
const HEAVY = 10;
/** How long a listing that failed is left alone. */
const REFUSED_MS = 60_000;
/** What was learned about a service is learned anew from time to time. */
const FORGET_MS = 600_000;

/** What one credential's earlier polls teach about the price of each plan. */
export class PollMemory {
  #list = { calls: 1, rows: 0 };
  #strays: Record<ListingPlan, Set<string>> = { list: new Set(), cids: new Set() };
  #refusedUntil: Record<ListingPlan, number> = { list: 0, cids: 0 };
  #forgetAt = 0;

  /** A listing of what is in progress took this many calls, and holds this many rows. */
  learnList(calls: number, rows: number): void {
    this.#list = { calls, rows };
  }

  /** Whether a listing showed this pin; one that it does not show although it should has to be read by id each time. */
  learnStray(plan: ListingPlan, id: string, stray: boolean): void {
    if (stray) this.#strays[plan].add(id);
    else this.#strays[plan].delete(id);
  }

  isStray(plan: ListingPlan, id: string): boolean {
    return this.#strays[plan].has(id);
  }

  /** This way of listing does not work here for now. */
  refuse(plan: ListingPlan): void {
    this.#refusedUntil[plan] = monotonicNow() + REFUSED_MS;
  }

  /** The plan with the fewest calls. `affordable` tells whether the listings' budget allows so many listings. */
  choose(ids: readonly string[], known: ReadonlyMap<string, Pin>, affordable: (listings: number) => boolean): PollPlan {
    this.#forget();
    if (ids.length <= FEW) return 'ids';
    const batches = Math.ceil(new Set(ids.flatMap((id) => known.get(id)?.cid ?? [])).size / MAX_SPELLINGS);
    const unknown = ids.filter((id) => !known.has(id)).length;
    const price = (plan: ListingPlan, listings: number, others: number): number => {
      if (listings === 0 || monotonicNow() < this.#refusedUntil[plan] || !affordable(listings)) return Infinity;
      return listings + others + ids.filter((id) => this.#strays[plan].has(id)).length;
    };
    const list = price('list', this.#list.calls, 0);
    const cids = price('cids', batches, unknown);
    if (Math.min(list, cids) >= ids.length) return 'ids';
    return cids < list || (cids === list && this.#list.rows > HEAVY * ids.length) ? 'cids' : 'list';
  }

  #forget(): void {
    const now = monotonicNow();
    if (now < this.#forgetAt) return;
    this.#forgetAt = now + FORGET_MS;
    this.#list = { calls: 1, rows: 0 };
    this.#strays = { list: new Set(), cids: new Set() };
  }
}
