import type { LRUCache } from 'lru-cache';
import { boundedCache } from './bounded-cache.js';
import { monotonicNow } from './clock.js';

/** Ids beyond this many are forgotten, the ones unused longest first. */
const MOST_IDS = 10_000;

/** Ids that something happened to lately, each for one credential (by its fingerprint), and for so long. */
export class RecentIds {
  readonly #ids: LRUCache<string, string>;

  constructor(forMs: number) {
    this.#ids = boundedCache<string>(MOST_IDS, { ttl: forMs, perf: { now: monotonicNow }, ttlResolution: 0 });
  }

  add(fingerprint: string, id: string, note = ''): void {
    this.#ids.set(`${fingerprint} ${id}`, note);
  }

  delete(fingerprint: string, id: string): void {
    this.#ids.delete(`${fingerprint} ${id}`);
  }

  has(fingerprint: string, id: string): boolean {
    return this.#ids.has(`${fingerprint} ${id}`);
  }

  /** What was noted beside it; undefined when it is not there (any more). */
  note(fingerprint: string, id: string): string | undefined {
    return this.#ids.get(`${fingerprint} ${id}`);
  }
}
