import { monotonicNow } from './clock.js';
import { unwatchDeparture, watchDeparture, type Presence } from './departure.js';
import { RebuiltMap } from './rebuilt-map.js';

/** One who waits for an answer: until their signal aborts, or their deadline on the monotonic clock. */
export interface Waiter {
  readonly signal?: Presence | undefined;
  readonly deadline: number;
}

/** A read under way and how many wait for its answer. */
interface Running<T, W> {
  readonly answer: Promise<T>;
  readonly abort: AbortController;
  readonly beginner: W;
  waiting: number;
}

/**
 * Lets all who ask for the same thing at the same time wait for one read. Whoever asks first may leave before the others do, so
 * it runs on a signal of its own, which aborts when the last one has left.
 */
export class JointReads<T, W extends Waiter = Waiter> {
  readonly #running = new RebuiltMap<Running<T, W>>();

  constructor(
    /** Whether a failure says nothing to one who waits, such as a limit of the beginner's own: then that one begins anew. */
    private readonly isBeginnersOwn: (error: unknown, beginner: W, waiter: W) => boolean,
  ) {}

  /**
   * The answer, and whether somebody else had begun to ask for it; with `anew` nobody had. Rejects as the read does, with the
   * reason of the waiter's signal, or with what `late` makes at the waiter's deadline.
   */
  async get(
    key: string,
    waiter: W,
    late: () => Error,
    begin: (signal: AbortSignal) => Promise<T>,
    anew = false,
  ): Promise<{ readonly answer: T; readonly joined: boolean }> {
    for (;;) {
      waiter.signal?.throwIfAborted();
      const running = anew ? undefined : this.#running.get(key);
      try {
        const answer = await this.#answerOf(key, running ?? this.#begin(key, begin, waiter), waiter, late);
        return { answer, joined: running !== undefined };
      } catch (error) {
        if (!running || waiter.signal?.aborted || !this.isBeginnersOwn(error, running.beginner, waiter)) throw error;
      }
    }
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<T>, beginner: W): Running<T, W> {
    const abort = new AbortController();
    const running: Running<T, W> = { answer: begin(abort.signal), abort, beginner, waiting: 0 };
    const forget = () => this.#forget(key, running);
    // Whoever waits hears of a failure; when all have left nobody does.
    running.answer.then(forget, forget);
    this.#running.set(key, running);
    return running;
  }

  #forget(key: string, running: Running<T, W>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }

  async #answerOf(key: string, running: Running<T, W>, waiter: Waiter, late: () => Error): Promise<T> {
    running.waiting += 1;
    try {
      return await whileWaiting(running.answer, waiter, late);
    } finally {
      running.waiting -= 1;
      if (running.waiting === 0) {
        this.#forget(key, running);
        running.abort.abort();
      }
    }
  }
}

function whileWaiting<T>(answer: Promise<T>, { signal, deadline }: Waiter, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const waiter = {
      depart(reason: unknown) {
        leave();
        reject(reason);
      },
    };
    const timer = setTimeout(() => waiter.depart(late()), Math.max(0, deadline - monotonicNow()));
    const leave = (): void => {
      clearTimeout(timer);
      if (signal) unwatchDeparture(signal, waiter);
    };
    if (signal) watchDeparture(signal, waiter);
    answer.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error: unknown) => waiter.depart(error),
    );
  });
}
