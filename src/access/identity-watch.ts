import { GatewayError } from '../errors.js';
import type { Identity } from './identity.js';
import { monotonicNow } from '../values/clock.js';

/** Times in milliseconds. */
const SHORTEST_ROUND_MS = 1_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Passes events on only while the caller's identity holds, asking anew whenever it has run out. Pi's refusal ends the stream
 * with that error, also when nothing happens; while Pi cannot be asked, events wait.
 */
export function whileIdentified<Event>(
  source: AsyncIterableIterator<Event>,
  identity: Identity,
  renew: () => Promise<Identity>,
): AsyncIterableIterator<Event, undefined> {
  const finished = { done: true, value: undefined } as const;
  const watch = new IdentityWatch(identity, renew);
  return {
    async next() {
      try {
        const step = await Promise.race([source.next(), watch.ended]);
        if (step === 'closed') return finished;
        if (!step.done && (await Promise.race([watch.valid(), watch.ended])) !== 'closed') return step;
        watch.close();
        return finished;
      } catch (error) {
        watch.close();
        await source.return?.();
        throw error;
      }
    },
    async return() {
      watch.close();
      await source.return?.();
      return finished;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Keeps one identity fresh until it is closed or refused. */
class IdentityWatch {
  /** Rejects with the refusal; resolves when it is closed. */
  readonly ended: Promise<'closed'>;
  #identity: Identity;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #retryMs = FIRST_RETRY_MS;
  #waiting: (() => void)[] = [];
  #end: (error?: unknown) => void = () => {};
  readonly #renew: () => Promise<Identity>;

  constructor(identity: Identity, renew: () => Promise<Identity>) {
    this.#identity = identity;
    this.#renew = renew;
    this.ended = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve('closed') : reject(error));
    });
    // Whoever reads the stream hears of it; nobody may be reading at that moment.
    this.ended.catch(() => undefined);
    this.#planRound();
  }

  /** Resolves as soon as the identity holds. */
  async valid(): Promise<void> {
    if (monotonicNow() < this.#identity.usableUntil) return;
    const renewed = new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    void this.#ask();
    return renewed;
  }

  close(): void {
    this.#finish(undefined);
  }

  #finish(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#end(error);
  }

  #planRound(): void {
    this.#wakeIn(Math.max(SHORTEST_ROUND_MS, this.#identity.usableUntil - monotonicNow()));
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => void this.#ask(), Math.min(ms, LONGEST_TIMEOUT_MS)).unref();
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#identity = await this.#renew();
      this.#retryMs = FIRST_RETRY_MS;
      for (const resume of this.#waiting.splice(0)) resume();
      this.#planRound();
    } catch (error) {
      if (!isPassing(error)) return this.#finish(error);
      this.#wakeIn(this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 1.5, LONGEST_RETRY_MS);
    } finally {
      this.#asking = false;
    }
  }
}

/** Whether asking again later may help. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof GatewayError && (error.code === 'AUTH_PROVIDER_UNAVAILABLE' || error.code === 'TOO_MANY_REQUESTS')
  );
}
