import { randomUUID } from 'node:crypto';
import type { Records } from '../state/state.js';
import { storeUnavailable } from './write-errors.js';

/** Tells of a deed that many may ask for at once to exactly one of them that it was done for it. */
export interface ToldOnce {
  /** To be awaited right before the deed is begun. Rejects with IDEMPOTENCY_STORE_UNAVAILABLE: then nobody could tell later. */
  begin(): Promise<void>;
  /** The deed is done. True for exactly one of all who ask; false also when nobody here began it. Rejects when nobody can tell. */
  claim(): Promise<boolean>;
  /** The deed was surely not done by the one who began it here. Never rejects. */
  forget(): Promise<void>;
  /**
   * Milliseconds since it was begun last, or told, by the store's clock; undefined when nobody here began it. Rejects when
   * nobody can tell.
   */
  age(): Promise<number | undefined>;
}

/** A deed that was begun and of whose end nobody was told: whoever asks next, also after a crash, is told. */
const BEGUN_MS = 30 * 86_400_000;
/** Long enough for everybody who asked at the same time, and for answers of upstreams that are behind. */
const TOLD_MS = 86_400_000;
const BEGUN = 'begun';
/** Rounds of compare-and-replace before it is given up. */
const MAX_ROUNDS = 5;

/**
 * Words that may have been written while the store did not answer: nobody was told, so whoever asks here next uses the same one
 * again, and finds it there.
 */
export type Unsaid = Map<string, string>;
const MAX_UNSAID = 1_000;

export function createToldOnce(records: Records, name: string, unsaid: Unsaid = new Map()): ToldOnce {
  const key = `first:${name}`;
  let version: number | undefined;

  async function round(us: string): Promise<boolean | undefined> {
    const found = await records.read(key);
    if (!found) return false;
    if (found.value !== BEGUN) return found.value === us;
    return (await records.replace(key, found.version, us, TOLD_MS)) === undefined ? undefined : true;
  }

  /** Its time counts anew; whose it is does not change. */
  async function beginAgain(): Promise<void> {
    const found = await records.read(key);
    if (found?.value === BEGUN) await records.replace(key, found.version, BEGUN, BEGUN_MS);
  }

  return {
    async begin() {
      try {
        version = await records.create(key, BEGUN, BEGUN_MS);
        if (version === undefined) await beginAgain();
      } catch {
        throw storeUnavailable();
      }
    },
    async claim() {
      const us = unsaid.get(key) ?? `told ${randomUUID()}`;
      unsaid.delete(key);
      for (let left = MAX_ROUNDS; left > 0; left -= 1) {
        // An answer that got lost may have come from a change that was made: the next round sees whose it is.
        const won = await round(us).catch(() => undefined);
        if (won !== undefined) return won;
      }
      const [oldest] = unsaid.keys();
      if (unsaid.size >= MAX_UNSAID && oldest !== undefined) unsaid.delete(oldest);
      unsaid.set(key, us);
      throw storeUnavailable();
    },
    async forget() {
      if (version === undefined) return;
      await records.remove(key, version).catch(() => false);
    },
    async age() {
      return (await records.read(key))?.ageMs;
    },
  };
}
