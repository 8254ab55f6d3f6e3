import { monotonicNow } from '../values/clock.js';

/** This many looks must miss an object before it counts as gone. */
const LOOKS = 3;

/**
 * Looks that did not find what was there before. Services behind load balancers say "not found" of what one of their machines
 * has not heard of yet, so one such answer proves nothing.
 */
export class Misses {
  readonly #missed = new Map<string, { readonly since: number; readonly looks: number }>();

  constructor(
    /** For how long, at least, all looks must miss it. */
    private readonly goneAfterMs: number,
  ) {}

  /** Takes down a look that missed; true when that was enough, and then it is forgotten. */
  isGone(id: string): boolean {
    const now = monotonicNow();
    const { since, looks } = this.#missed.get(id) ?? { since: now, looks: 0 };
    if (looks + 1 >= LOOKS && now - since >= this.goneAfterMs) return this.#missed.delete(id);
    this.#missed.set(id, { since, looks: looks + 1 });
    return false;
  }

  /** It is there, or nobody asks any more. */
  forget(id: string): void {
    this.#missed.delete(id);
  }

  /** The longest wait until the next look at something that was missed; undefined for what was not. */
  waitMs(id: string): number | undefined {
    return this.#missed.has(id) ? this.goneAfterMs / (LOOKS - 1) : undefined;
  }
}
