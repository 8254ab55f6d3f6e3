import { monotonicNow } from '../../values/clock.js';

/** For how long it is remembered what was shown. */
const FOR_MS = 3_600_000;
/** Half as many ids at least, and this many at most, are remembered; the oldest are forgotten first. */
const MOST_IDS = 20_000;

interface Showing {
  readonly fingerprint: string;
  readonly ids: readonly string[];
  /** On the monotonic clock. */
  readonly at: number;
}

/**
 * Ids of pins that one credential (by its fingerprint) was shown lately. Each page of a listing adds to it and hardly anybody
 * asks: so what is added is kept as it came, and who asks goes through all of it. The oldest half is forgotten at once: taking
 * single entries from the front of a long list costs as much as the list is long.
 */
export class ShownPins {
  #older: readonly Showing[] = [];
  #newer: Showing[] = [];
  #inNewer = 0;

  add(fingerprint: string, ids: readonly string[]): void {
    if (ids.length === 0) return;
    if (this.#inNewer > 0 && this.#inNewer + ids.length > MOST_IDS / 2) {
      this.#older = this.#newer;
      this.#newer = [];
      this.#inNewer = 0;
    }
    this.#newer.push({ fingerprint, ids, at: monotonicNow() });
    this.#inNewer += ids.length;
  }

  has(fingerprint: string, id: string): boolean {
    const since = monotonicNow() - FOR_MS;
    const isIt = (one: Showing): boolean => one.at >= since && one.fingerprint === fingerprint && one.ids.includes(id);
    return this.#newer.some(isIt) || this.#older.some(isIt);
  }
}
