import type { Bound, Charge, Price, Upstream } from '../values/price.js';

export { fieldOf, isAbsent, lengthOf, type WrittenArguments } from '../values/price.js';

/**
 * Says what a field may cost. Every field whose resolver can reach an upstream says so here: `headgate calls` and the limit on
 * an operation's calls (`src/server/operation/price.ts`) add it up, and a test finds those that cost something and do not.
 */
export function priced<Options extends { readonly extensions?: object }>(options: Options, price: Price) {
  return { ...options, extensions: { ...options.extensions, price } };
}

/** Of a field whose resolver takes the context and calls nobody. */
export const free = { extensions: { price: [] satisfies Price } } as const;

/** Of a field that may make one more call for a page: the price of the listing itself has it. */
export const paidByListing = { extensions: { paidBy: 'the listing' } } as const;

/** A list whose length nobody writes: how many it holds. */
export function holding<Options extends { readonly extensions: object }>(options: Options, rows: Bound) {
  return { ...options, extensions: { ...options.extensions, rows } };
}

const to =
  (upstream: Upstream) =>
  (documented: number, most: number = documented): Charge => ({ upstream, documented, most });

/** Charges by upstream: calls at a provider that keeps to what it documents, and the most at any. */
export const pi = to('pi');
export const mypit = to('mypit');
export const pinning = to('pinning');
export const bitminter = to('bitminter');
export const ledger = to('ledger');

/** What all fields of an operation share. */
export function once(name: string, charge: Charge, from = 1): Charge {
  return { ...charge, once: name, from };
}

/** Reads of which only one is made, whichever it is. */
export function oneOf(...charges: readonly Charge[]): readonly Charge[] {
  return charges.map((charge, index) => (index === 0 ? charge : { ...charge, apart: true }));
}

/** A poll, which is made for all who watch the same. */
export function poll(charge: Charge): Charge {
  return { ...charge, apart: true };
}

/** Pages of the provider's own size that a search through a whole listing reads at the most. */
export const WALK = 20;

/** Who the signed-in user is: asked of Pi once for all reads of an operation. */
export const me: Charge = once('me', pi(1));

/** The same for a change of money, which wants it fresh: before its turn, and when its turn comes. */
export const ME_FOR_MONEY = 2;

/** The ledger's network, ten pages of the wallet's history, the linked transaction, and twenty that carry the payment's memo. */
export const LEDGER_SEARCH = 1 + 10 + 1 + 20;

/** Pages of a listing that are read before objects are read one by one, in the hope to find many of them there. */
const SWEEP = 10;
/** From so many on that is tried where nobody knows how long the listing is. */
const SWEPT_FROM = 4;

/** Templates or holders by id, read together: from pages of their listing as far as that is cheaper. */
export function byId(listing: 'templates' | 'holders', times: number): readonly Charge[] {
  return [mypit(times, times + Math.min(times, SWEEP)), once(listing, mypit(1, 0), SWEPT_FROM)];
}
