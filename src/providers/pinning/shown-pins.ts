import { monotonicNow } from '../../values/clock.js';

/** For how long it is remembered what was shown. */
const FOR_MS = 3_600_000;
/** Ids beyond this many are forgotten, the oldest first. */
const MOST_IDS = 20_000;

interface Showing {
  readonly fingerprint: string;
  readonly ids: readonly string[];
  /** On the monotonic clock. */
  readonly at: number;
}

/**
 * Ids of pins that one credential (by its fingerprint) was shown lately. Each page of a listing adds to it and hardly anybody
 * asks: so what is added is kept as it came, and who asks goes through all of it.
 */
export class ShownPins {
  readonly #showings: Showing[] = [];
  #held = 0;

  add(fingerprint: string, ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#showings.push({ fingerprint, ids, at: monotonicNow() });
    this.#held += ids.length;
    while (this.#held > MOST_IDS) this.#held -= this.#showings.shift()?.ids.length ?? this.#held;
  }

  has(fingerprint: string, id: string): boolean {
    const since = monotonicNow() - FOR_MS;
    return this.#showings.some((one) => one.at >= since && one.fingerprint === fingerprint && one.ids.includes(id));
  }
}
