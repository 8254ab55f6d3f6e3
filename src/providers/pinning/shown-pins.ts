import { monotonicNow } from '../../values/clock.js';

/** For how long it is remembered what was shown. */
const FOR_MS = 3_600_000;
/** So many ids are remembered; the oldest are forgotten first. */
const MOST_IDS = 20_000;

/**
 * Ids of pins that one credential (by its fingerprint) was shown lately. Every read adds to it and hardly anybody asks: so each
 * is kept as a number, and who asks goes through all of them. Kept as texts they would be moved by every small garbage
 * collection, which then takes half as long again.
 */
export class ShownPins {
  readonly #marks = new Float64Array(MOST_IDS);
  /** When each was shown, on the monotonic clock. */
  readonly #times = new Float64Array(MOST_IDS);
  #next = 0;

  add(fingerprint: string, ids: readonly string[]): void {
    const now = monotonicNow();
    const markOf = marker(fingerprint);
    for (const id of ids) {
      this.#marks[this.#next] = markOf(id);
      this.#times[this.#next] = now;
      this.#next = (this.#next + 1) % MOST_IDS;
    }
  }

  has(fingerprint: string, id: string): boolean {
    const mark = marker(fingerprint)(id);
    const since = monotonicNow() - FOR_MS;
    for (let at = this.#marks.indexOf(mark); at >= 0; at = this.#marks.indexOf(mark, at + 1))
      if ((this.#times[at] ?? 0) >= since) return true;
    return false;
  }
}

/**
 * Marks the ids of one credential by 53 bits of a hash (FNV-1a, twice, with other beginnings). Two ids that share it are taken for
 * one another: a removal then begins without a look, and is answered by what the service says.
 */
function marker(fingerprint: string): (id: string) => number {
  const low = hashOn(0x811c9dc5, LOW_PRIME, fingerprint);
  const high = hashOn(0x9747b28c, HIGH_PRIME, fingerprint);
  return (id) => (hashOn(high, HIGH_PRIME, id) >>> 11) * 2 ** 32 + (hashOn(low, LOW_PRIME, id) >>> 0);
}

const LOW_PRIME = 0x01000193;
const HIGH_PRIME = 0x85ebca6b;

function hashOn(before: number, prime: number, text: string): number {
  let hash = before;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), prime);
  return hash;
}
