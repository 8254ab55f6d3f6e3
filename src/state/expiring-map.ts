import { monotonicNow } from '../values/clock.js';

interface Entry<V> {
  readonly value: V;
  readonly size: number;
  readonly expiresAt: number;
}

/** The map is full of entries that are still alive. */
export class OutOfRoom extends Error {
  override readonly name = 'OutOfRoom';
}

/** How many entries a new one looks at in search of dead ones: two would keep up with arrivals, more catches up after a pause. */
const SWEEP_STEP = 16;

/**
 * A map whose entries die at their time, without a timer: a dead entry is never seen, and each new entry buries some dead
 * ones. It refuses new entries when it is full rather than drop a living one.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #maxEntries: number;
  readonly #maxSize: number;
  #size = 0;
  #hand = this.#entries.entries();

  /** `maxSize` bounds the sum of the sizes given with the entries. */
  constructor(maxEntries: number, maxSize = Infinity) {
    this.#maxEntries = maxEntries;
    this.#maxSize = maxSize;
  }

  /** Entries held, the dead that are not buried yet included. */
  get count(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#alive(key)?.value;
  }

  /** When the entry dies, on the monotonic clock; undefined when there is none. */
  expiryOf(key: string): number | undefined {
    return this.#alive(key)?.expiresAt;
  }

  /** Sets a key that was not there. Throws OutOfRoom. */
  add(key: string, value: V, expiresAt: number, size = 0): void {
    this.delete(key);
    this.#sweep(SWEEP_STEP);
    if (!this.#hasRoom(size)) this.#sweep(this.#entries.size);
    if (!this.#hasRoom(size)) throw new OutOfRoom('no room for another entry');
    this.#put(key, value, expiresAt, size);
  }

  /** Sets a key that is there already: always possible, so that what was begun can be finished. */
  update(key: string, value: V, expiresAt: number, size = 0): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#put(key, value, expiresAt, size);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#size -= entry.size;
  }

  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }

  #put(key: string, value: V, expiresAt: number, size: number): void {
    this.#entries.set(key, { value, size, expiresAt });
    this.#size += size;
  }

  #hasRoom(size: number): boolean {
    return this.#entries.size < this.#maxEntries && this.#size + size <= this.#maxSize;
  }

  #alive(key: string): Entry<V> | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.expiresAt > monotonicNow()) return entry;
    this.delete(key);
    return undefined;
  }

  /** Goes round like the hand of a clock, so that every entry is looked at in turn. */
  #sweep(steps: number): void {
    const now = monotonicNow();
    for (let step = 0; step < steps; step += 1) {
      const next = this.#hand.next();
      if (next.done) {
        this.#hand = this.#entries.entries();
        continue;
      }
      const [key, entry] = next.value;
      if (entry.expiresAt <= now) this.delete(key);
    }
  }
}
