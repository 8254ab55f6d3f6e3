import type { ExecutionResult } from 'graphql';
import { toFrame, type FrameReader, type FrameSource } from './frames.js';

/** Events that can also be read without a promise for each. */
export interface Events extends AsyncIterator<unknown> {
  take?(reader: (step: IteratorResult<unknown>) => void): void;
}

/** What becomes of the events of one subscription. */
export interface EventPresenter {
  present(event: unknown): Uint8Array | Promise<Uint8Array>;
  /** The last frame of a stream that failed. */
  presentFailure(error: unknown): Uint8Array;
  /** Called once, however the stream ended. */
  ended(): void;
}

/** Takes frames from results. */
export function framesOfResults(
  results: AsyncIterator<ExecutionResult>,
  toText: (result: ExecutionResult) => string,
): FrameSource {
  async function take(reader: FrameReader): Promise<void> {
    try {
      const { done, value } = await results.next();
      if (done) reader.over();
      else reader.frame(toFrame(toText(value)));
    } catch {
      reader.broken();
    }
  }
  return { take: (reader) => void take(reader), leave: () => leave(results) };
}

/** Takes frames from a subscription's events; one that fails tells the failure and is over. */
export function framesOfEvents(events: Events, presenter: EventPresenter): FrameSource {
  return new EventFrameSource(events, presenter);
}

/** Asks as it is asked, with no promise and no closure for an event where the events allow it: thousands of these wait at a time. */
class EventFrameSource implements FrameSource {
  #reader: FrameReader | undefined;
  #over = false;
  readonly #step = (step: IteratorResult<unknown>): void => this.#heard(step);

  constructor(
    private readonly events: Events,
    private readonly presenter: EventPresenter,
  ) {}

  take(reader: FrameReader): void {
    if (this.#over) return reader.over();
    this.#reader = reader;
    if (this.events.take) this.events.take(this.#step);
    else void this.#next();
  }

  async leave(): Promise<void> {
    this.#end();
    await leave(this.events);
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
      const frame = this.presenter.present(value);
      if (frame instanceof Uint8Array) this.#reader?.frame(frame);
      else void this.#giveLater(frame);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #giveLater(frame: Promise<Uint8Array>): Promise<void> {
    try {
      const bytes = await frame;
      if (!this.#over) this.#reader?.frame(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The failure is told; the next question is answered with the end. */
  #fail(error: unknown): void {
    if (this.#over) return;
    const last = this.presenter.presentFailure(error);
    this.#end();
    this.#reader?.frame(last);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.presenter.ended();
  }
}

async function leave(source: AsyncIterator<unknown>): Promise<void> {
  try {
    await source.return?.();
  } catch {
    // Nobody is left to tell.
  }
}
