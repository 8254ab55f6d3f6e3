import type { TextMatch } from '../model.js';
import { monotonicNow } from '../../../values/clock.js';

/** How one service lists, as far as it has shown. */
export interface ListingHabits {
  /** `bulk`: its order or its bounds cannot be relied on, so that everything has to be read at once. */
  readonly order: 'unknown' | 'newest-first' | 'bulk';
  /** Where its times rise within an answer: which end of the listing it shows. */
  readonly rising: 'unknown' | 'from the oldest' | 'newest page';
  /** Beside its last full answer it counted more than it returned: what it counts is not what it shows. */
  readonly countsBeyond: boolean;
  /** It counted one row more than it returned, and at another length one more than that: its counts say no more than that there is more. */
  readonly countsNext: boolean;
  /** The most rows that it ever returned: a shorter answer was not cut by a limit of its own. */
  readonly longest: number;
  /** So many rows it showed although more were asked for and there: an answer of that length may be cut. 0 = never. */
  readonly cutsAt: number;
  /** It cuts bounds to whole seconds. */
  readonly wholeSecondBounds: boolean;
  /** Filters for which it showed a row that no other filter would have shown. */
  readonly honours: ReadonlySet<FilterName>;
  /** Filters for which it hid a row that fits: they are applied here alone. */
  readonly hides: ReadonlySet<FilterName>;
}

/** Filters that services are known to get wrong: `meta`, and a name by each kind of match. */
export type FilterName = 'meta' | TextMatch;

/** What was learned about the listings of one service, for all callers: neither a credential nor a pin. */
export interface HabitMemory {
  recall(): ListingHabits;
  learn(habits: Partial<ListingHabits>): void;
}

const unknown: ListingHabits = {
  order: 'unknown',
  rising: 'unknown',
  countsBeyond: false,
  countsNext: false,
  longest: 0,
  cutsAt: 0,
  wholeSecondBounds: false,
  honours: new Set(),
  hides: new Set(),
};

/** Starts with nothing known, and forgets everything `ttlMs` after the first thing learned: services get mended. */
export function createHabitMemory(ttlMs = 600_000, now: () => number = monotonicNow): HabitMemory {
  let habits = unknown;
  let forgetAt = Infinity;
  const recall = (): ListingHabits => {
    if (now() >= forgetAt) {
      habits = unknown;
      forgetAt = Infinity;
    }
    return habits;
  };
  return {
    recall,
    learn(news) {
      habits = { ...recall(), ...news };
      if (forgetAt === Infinity) forgetAt = now() + ttlMs;
    },
  };
}

/** Signals that a listing is not newest first, or ignores its bounds: it must be read in bulk. */
export class NotNewestFirst extends Error {
  override readonly name = 'NotNewestFirst';
}
