import { boundedCache } from '../values/bounded-cache.js';
import type { Counters } from '../state/state.js';

/** What one caller may do in one minute, as far as this instance knows. */
interface Share {
  readonly minute: number;
  /** Calls that this instance was granted and has not made yet. */
  granted: number;
  /** What the next question asks for. */
  next: number;
  /** Nothing is left for anybody. */
  usedUp: boolean;
  /** Calls that wait for an answer. */
  waiting: number;
  asking: Promise<boolean> | undefined;
}

/** True = go on, false = the shared state cannot be asked, else milliseconds until there is more. */
export type SharedGrant = boolean | { readonly waitMs: number };

export interface SharedRate {
  /** Takes one call of this caller's; answers at once, without a promise, while this instance holds some. */
  take(principal: string): SharedGrant | Promise<SharedGrant>;
}

const MINUTE_MS = 60_000;
const MAX_CALLERS = 100_000;
/** Few enough that what one instance holds and does not use is not missed by the others. */
const LARGEST_ASK = 100;

/**
 * One budget a minute (of the clock, so that all instances mean the same) of which each instance takes some calls at a time.
 * What is granted to all instances together never exceeds it; how much is asked for at once grows while a caller is busy, and
 * shrinks with what is left, down to single calls.
 */
export function createSharedRate(perMinute: number, counters: Counters, instances: () => number): SharedRate {
  const shares = boundedCache<Share>(MAX_CALLERS);

  async function ask(principal: string, share: Share): Promise<boolean> {
    const wanted = Math.max(share.next, share.waiting);
    let total: number;
    try {
      total = await counters.add(`calls:${share.minute}:${principal}`, wanted, 2 * MINUTE_MS);
    } catch {
      return false;
    }
    const left = perMinute - total;
    share.granted += Math.max(0, wanted + Math.min(0, left));
    share.usedUp = left <= 0;
    share.next = Math.max(1, Math.min(2 * share.next, LARGEST_ASK, Math.floor(left / (4 * instances()))));
    return true;
  }

  /** At the end of this turn, so that all who come in it are asked for together. */
  async function askOnce(principal: string, share: Share): Promise<boolean> {
    await Promise.resolve();
    try {
      return await ask(principal, share);
    } finally {
      share.asking = undefined;
    }
  }

  async function refill(principal: string, share: Share): Promise<SharedGrant> {
    for (;;) {
      if (share.granted > 0) {
        share.granted -= 1;
        return true;
      }
      if (share.usedUp) return { waitMs: (share.minute + 1) * MINUTE_MS - Date.now() };
      // One question for all who wait for its answer.
      share.waiting += 1;
      const answered = await (share.asking ??= askOnce(principal, share));
      share.waiting -= 1;
      if (!answered) return false;
    }
  }

  return {
    take(principal) {
      const minute = Math.floor(Date.now() / MINUTE_MS);
      let share = shares.get(principal);
      if (share?.minute !== minute) {
        share = { minute, granted: 0, next: 1, usedUp: false, waiting: 0, asking: undefined };
        shares.set(principal, share);
      }
      if (share.granted === 0) return refill(principal, share);
      share.granted -= 1;
      return true;
    },
  };
}
