import type { HandOut, HandsOver } from './hand-out.js';
import type { PollEvent, PollStream } from './polling.js';

/** What a subscription follows, as far as it needs to know it. */
export interface Followed<V> {
  readonly id: string;
  /** Takes note that this subscriber has gone. */
  leave(subscriber: Subscription<V>): void;
}

type Result<V> = IteratorResult<PollEvent<V>, undefined>;

/**
 * One subscriber's stream: at most one undelivered event per id, the latest. It owns no timer, and no promise but that of a
 * pending `next()`.
 */
export class Subscription<V> implements PollStream<V>, HandsOver {
  readonly #open = new Set<Followed<V>>();
  readonly #unread = new Map<string, PollEvent<V>>();
  readonly #readers: ((result: Result<V>) => void)[] = [];
  readonly #handOut: HandOut;
  readonly #onEnd: (subscription: Subscription<V>) => void;
  #ended = false;

  constructor(handOut: HandOut, onEnd: (subscription: Subscription<V>) => void) {
    this.#handOut = handOut;
    this.#onEnd = onEnd;
  }

  /** Adds an object to follow; the stream goes on at least until that object is done. */
  follow(followed: Followed<V>): void {
    this.#open.add(followed);
  }

  /** Takes an event about one object; with `last`, no other about this object follows. */
  offer(followed: Followed<V>, event: PollEvent<V>, last: boolean): void {
    if (this.#ended) return;
    if (last) this.#open.delete(followed);
    this.#unread.set(event.id, event);
    if (this.#readers.length > 0) this.#handOut.ask(this);
  }

  /** Ends the stream if it follows nothing and has told everything. */
  settle(): void {
    if (!this.#ended && this.#open.size === 0 && this.#unread.size === 0) this.#end();
  }

  /** Ends the stream and drops what is unread; waiting readers hear of it when their turn comes. */
  cut(): void {
    if (this.#ended) return;
    this.#end();
    if (this.#readers.length > 0) this.#handOut.ask(this);
  }

  handOver(): boolean {
    if (this.#ended) {
      this.#dismissReaders();
      return false;
    }
    const [first] = this.#unread;
    const reader = first && this.#readers.shift();
    if (!first || !reader) return false;
    this.#unread.delete(first[0]);
    this.settle();
    reader({ done: false, value: first[1] });
    return this.#readers.length > 0 && (this.#ended || this.#unread.size > 0);
  }

  next(): Promise<Result<V>> {
    return new Promise((resolve) => this.take(resolve));
  }

  take(reader: (step: Result<V>) => void): void {
    if (this.#ended) return reader({ done: true, value: undefined });
    // Even what is there already waits for a turn: a reader of a thousand ids must not keep the loop to itself.
    this.#readers.push(reader);
    if (this.#unread.size > 0) this.#handOut.ask(this);
  }

  return(): Promise<Result<V>> {
    if (!this.#ended) this.#end();
    this.#dismissReaders();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    this.#ended = true;
    this.#unread.clear();
    for (const followed of this.#open) followed.leave(this);
    this.#open.clear();
    this.#onEnd(this);
  }

  #dismissReaders(): void {
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }
}
