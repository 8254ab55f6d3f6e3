import { asGraphQLError } from './coded-errors.js';
import type { Outcome, ResultReader, ResultStream } from './outcome.js';
import type { RunEvent } from './shared-events.js';

/** A subscription's events, which can also be read without a promise for each. */
export interface Events extends AsyncIterator<unknown> {
  take?(reader: (step: IteratorResult<unknown>) => void): void;
}

/** What becomes of the events of one subscription. */
export interface EventSteps {
  /** Executes the operation on one event. */
  readonly run: RunEvent;
  /** Makes an outcome fit for its caller. */
  readonly complete: (outcome: Outcome) => Outcome;
  /** Called once, however the stream ended. */
  readonly ended: () => void;
}

/**
 * A subscription's results: asks as it is asked, with no promise and no closure for an event where the events allow it, since
 * thousands of these wait at a time. A stream that fails tells the failure and is over.
 */
export class EventResults implements ResultStream {
  #reader: ResultReader | undefined;
  #over = false;
  readonly #step = (step: IteratorResult<unknown>): void => this.#heard(step);

  constructor(
    private readonly events: Events,
    private readonly steps: EventSteps,
  ) {}

  take(reader: ResultReader): void {
    if (this.#over) return reader.over();
    this.#reader = reader;
    if (this.events.take) this.events.take(this.#step);
    else void this.#next();
  }

  async leave(): Promise<void> {
    this.#end();
    try {
      await this.events.return?.();
    } catch {
      // Nobody is left to tell.
    }
  }

  async #next(): Promise<void> {
    try {
      this.#heard(await this.events.next());
    } catch (error) {
      this.#fail(error);
    }
  }

  #heard({ done, value }: IteratorResult<unknown>): void {
    if (this.#over) return;
    if (done) {
      this.#end();
      return this.#reader?.over();
    }
    try {
      const outcome = this.steps.run(value);
      if ('then' in outcome) void this.#giveLater(outcome);
      else this.#reader?.next(this.steps.complete(outcome));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #giveLater(later: Promise<Outcome>): Promise<void> {
    try {
      const outcome = await later;
      if (!this.#over) this.#reader?.next(this.steps.complete(outcome));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    const last = this.steps.complete({ result: { errors: [asGraphQLError(error)] } });
    this.#end();
    this.#reader?.next({ ...last, isBreak: true });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.steps.ended();
  }
}
