import { monotonicNow } from '../../../values/clock.js';

/** How long a number is trusted; a wrong one costs a few calls and never an answer. */
const TTL_MS = 60_000;
const MAX_ENTRIES = 1_000;

/** Remembers for a short time how many pages of 100 a listing had; numbers only, by credential. */
export interface ListSizes {
  /** Undefined when nothing is known; Infinity when reading the listing did not pay. */
  pages(key: string): number | undefined;
  remember(key: string, pages: number): void;
}

export function createListSizes(now: () => number = monotonicNow): ListSizes {
  const entries = new Map<string, { readonly pages: number; readonly until: number }>();
  return {
    pages(key) {
      const entry = entries.get(key);
      return entry && entry.until > now() ? entry.pages : undefined;
    },
    remember(key, pages) {
      entries.delete(key);
      entries.set(key, { pages, until: now() + TTL_MS });
      const [oldest] = entries.keys();
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    },
  };
}
