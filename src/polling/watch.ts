import { UpstreamError } from '../errors.js';
import { monotonicNow } from '../values/clock.js';
import type { PollEvent, PollReading, PollSource } from './polling.js';
import type { Followed, Subscription } from './subscription.js';

/** How the interval of one watch moves. */
export interface Pace {
  /** Factor per unchanged or failed reading. */
  readonly growth: number;
  /** The longest interval, as a multiple of the first. */
  readonly maxFactor: number;
}

/** This many unusable answers in a row end a watch; anything less may pass. */
const UNUSABLE_LIMIT = 10;

/** For so long all looks must say that an object went back to what it was before. */
const BACK_AFTER_MS = 5_000;

/** One object of one source: its last state, its pace, and those who follow it. */
export class Watch<V> implements Followed<V> {
  /** Milliseconds on the monotonic clock. */
  due: number;
  intervalMs: number;
  readonly #subscribers = new Set<Subscription<V>>();
  #state: { readonly value: V } | undefined;
  /** The state as an event, once somebody heard it. */
  #news: PollEvent<V> | undefined;
  #unusable = 0;
  /** The failure of the last look, if that failed. */
  #failure: Error | undefined;
  /** Since when all looks take back what was reached, on the monotonic clock. */
  #backSince: number | undefined;

  constructor(
    readonly id: string,
    private readonly source: PollSource<V>,
    private readonly pace: Pace,
    due: number,
    private readonly onAbandoned: (watch: Watch<V>) => void,
  ) {
    this.due = due;
    this.intervalMs = source.firstIntervalMs;
  }

  get state(): { readonly value: V } | undefined {
    return this.#state;
  }

  /** Takes a subscriber, who hears the known state at once. */
  join(subscriber: Subscription<V>): void {
    this.#subscribers.add(subscriber);
    subscriber.follow(this);
    if (this.#state)
      subscriber.offer(this, (this.#news ??= { type: 'value', id: this.id, value: this.#state.value }), false);
  }

  leave(subscriber: Subscription<V>): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size === 0) this.onAbandoned(this);
  }

  /** Takes a reading in, tells the subscribers, and sets the interval; true when this object is done. Throws what the source throws. */
  learn(reading: PollReading<V>): boolean {
    if (reading instanceof Error) return this.#stumble(reading);
    this.#unusable = 0;
    this.#failure = undefined;
    if (reading === null) {
      return this.#tell(
        this.#state ? { type: 'removed', id: this.id, last: this.#state.value } : { type: 'missing', id: this.id },
        true,
      );
    }
    const before = this.#state;
    if (before && this.#isPassing(before.value, reading)) return false;
    const changed = !before || this.source.changed(before.value, reading);
    const final = this.source.final(reading);
    this.#state = { value: reading };
    this.#news = changed || final ? { type: 'value', id: this.id, value: reading } : undefined;
    if (changed) this.intervalMs = this.source.firstIntervalMs;
    else this.#slowDown();
    return this.#news ? this.#tell(this.#news, final) : false;
  }

  /** Whether this is an older state that may be over with the next look; the pace stays as it is. */
  #isPassing(before: V, reading: V): boolean {
    if (this.source.final(reading) || this.source.goesBack?.(before, reading) !== true) {
      this.#backSince = undefined;
      return false;
    }
    const now = monotonicNow();
    this.#backSince ??= now;
    if (now - this.#backSince < BACK_AFTER_MS) return true;
    this.#backSince = undefined;
    return false;
  }

  /** Ends the watch with this error. */
  fail(error: Error): void {
    this.#tell({ type: 'failed', id: this.id, error }, true);
  }

  #stumble(error: Error): boolean {
    const before = this.#failure;
    this.#failure = error;
    this.#unusable = error instanceof UpstreamError && error.kind === 'bad_response' ? this.#unusable + 1 : 0;
    if (this.#unusable >= UNUSABLE_LIMIT || this.source.hopeless(error, before)) {
      return this.#tell({ type: 'failed', id: this.id, error }, true);
    }
    this.#slowDown();
    return false;
  }

  #slowDown(): void {
    this.intervalMs = Math.min(this.intervalMs * this.pace.growth, this.source.firstIntervalMs * this.pace.maxFactor);
  }

  #tell(event: PollEvent<V>, last: boolean): boolean {
    for (const subscriber of this.#subscribers) subscriber.offer(this, event, last);
    if (last) this.#subscribers.clear();
    return last;
  }
}
