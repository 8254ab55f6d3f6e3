/** Entries that are set before the map is made anew, unless it holds more than that. */
const RENEW_AFTER = 64;

/**
 * A map of a long life whose entries have a short one. A plain map, when it makes room, leaves its old table behind with a
 * pointer to the new one; once such a table has grown old it keeps every later table, and all that they held, until the
 * next large collection. This one moves into a map without a past before that happens.
 */
export class PassingMap<Value> {
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
