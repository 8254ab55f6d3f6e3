import { monotonicNow } from '../values/clock.js';
import { QuotaExceeded, shareOf } from './quota.js';

interface Entry<V> {
  readonly value: V;
  readonly size: number;
  readonly owner: string;
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
  /** What each owner holds. */
  readonly #held = new Map<string, { entries: number; size: number }>();
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

  /** Sets a key that was not there. Throws OutOfRoom, or QuotaExceeded when this owner (if any) holds a tenth of all. */
  add(key: string, value: V, expiresAt: number, size = 0, owner = ''): void {
    this.delete(key);
    this.#sweep(SWEEP_STEP);
    if (!this.#hasRoom(size) || !this.#hasShare(size, owner)) this.#sweep(this.#entries.size);
    if (!this.#hasShare(size, owner)) throw new QuotaExceeded('this owner holds its share of all entries');
    if (!this.#hasRoom(size)) throw new OutOfRoom('no room for another entry');
    this.#put(key, value, expiresAt, size, owner);
  }

  /** Sets a key that is there already: always possible, so that what was begun can be finished. */
  update(key: string, value: V, expiresAt: number, size = 0): void {
    const before = this.#entries.get(key);
    if (before) this.#hold(before.owner, -1, -before.size);
    this.#put(key, value, expiresAt, size, before?.owner ?? '');
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#hold(entry.owner, -1, -entry.size);
  }

  clear(): void {
    this.#entries.clear();
    this.#held.clear();
    this.#size = 0;
  }

  #put(key: string, value: V, expiresAt: number, size: number, owner: string): void {
    this.#entries.set(key, { value, size, owner, expiresAt });
    this.#hold(owner, 1, size);
  }

  #hold(owner: string, entries: number, size: number): void {
    this.#size += size;
    if (owner === '') return;
    const held = this.#held.get(owner) ?? { entries: 0, size: 0 };
    held.entries += entries;
    held.size += size;
    if (held.entries > 0) this.#held.set(owner, held);
    else this.#held.delete(owner);
  }

  #hasShare(size: number, owner: string): boolean {
    const held = this.#held.get(owner) ?? { entries: 0, size: 0 };
    const share = shareOf({ maxEntries: this.#maxEntries, maxCharacters: this.#maxSize }, owner);
    return owner === '' || (held.entries < share.maxEntries && held.size + size <= share.maxCharacters);
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
