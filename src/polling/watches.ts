import type { Watch } from './watch.js';

/** The objects that are watched at one source, and when each is due. */
export class Watches<V> {
  readonly #byId = new Map<string, Watch<V>>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Watch<V> | undefined {
    return this.#byId.get(id);
  }

  add(watch: Watch<V>): void {
    this.#byId.set(watch.id, watch);
  }

  /** False when it was not watched any more. */
  delete(id: string): boolean {
    return this.#byId.delete(id);
  }

  clear(): void {
    this.#byId.clear();
  }

  /** What is known of these objects; what was never read is left out. */
  known(ids: readonly string[]): ReadonlyMap<string, V> {
    const known = new Map<string, V>();
    for (const id of ids) {
      const state = this.#byId.get(id)?.state;
      if (state) known.set(id, state.value);
    }
    return known;
  }

  /** When the first of them is due; Infinity when nothing is watched. */
  earliest(): number {
    let earliest = Infinity;
    for (const watch of this.#byId.values()) earliest = Math.min(earliest, watch.due);
    return earliest;
  }

  /** When the first of the others is due that have been read before. */
  earliestWithout(ids: readonly string[]): number {
    const left = new Set(ids);
    let earliest = Infinity;
    for (const watch of this.#byId.values()) {
      if (watch.state && !left.has(watch.id)) earliest = Math.min(earliest, watch.due);
    }
    return earliest;
  }

  /** What is due, and what may as well be read with it: due within this share of its interval. Nothing when nothing is due. */
  pick(now: number, slack: number): string[] {
    const ids: string[] = [];
    let due = false;
    for (const watch of this.#byId.values()) {
      due ||= watch.due <= now;
      if (watch.due - now <= watch.intervalMs * slack) ids.push(watch.id);
    }
    return due ? ids : [];
  }
}
