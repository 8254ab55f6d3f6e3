/** Rebuilt after this many entries were set, or after as many as it holds. */
const RENEW_AFTER = 64;

/**
 * A Map that is rebuilt now and then, for entries that come and go quickly: V8 keeps the tables that a Map has outgrown, and
 * all that they held, until the next large collection.
 */
export class RebuiltMap<Value> {
  #entries = new Map<string, Value>();
  #left = RENEW_AFTER;

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    if (this.#left === 0) {
      this.#entries = new Map(this.#entries);
      this.#left = Math.max(RENEW_AFTER, this.#entries.size);
    }
    this.#left -= 1;
    this.#entries.set(key, value);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
