import type { Context } from '../context.js';
import type { PollEvent } from '../polling/polling.js';

/** A stream of events; one that has `take` can be read without a promise for each of them. */
export interface EventStream<Event> extends AsyncIterableIterator<Event> {
  take?(reader: (step: IteratorResult<Event>) => void): void;
}

/**
 * Opens a stream within the caller's cap and gives the place back when it ends, however it ends. `fingerprint` names the
 * credential that it reads with: one that its provider has accepted counts for itself, any other for the caller's address.
 */
export function streamOf<Event>(
  context: Context,
  open: () => EventStream<Event>,
  fingerprint?: string,
): EventStream<Event> {
  const release = context.streams.open(context.access.limitedAs(fingerprint));
  try {
    return new CountedStream(open(), release);
  } catch (error) {
    release();
    throw error;
  }
}

class CountedStream<Event> implements EventStream<Event> {
  readonly take?: NonNullable<EventStream<Event>['take']>;

  constructor(
    private readonly source: EventStream<Event>,
    private readonly release: () => void,
  ) {
    if (source.take) this.take = (reader) => this.#take(reader);
  }

  async next(): Promise<IteratorResult<Event>> {
    try {
      const step = await this.source.next();
      if (step.done) this.release();
      return step;
    } catch (error) {
      this.release();
      throw error;
    }
  }

  return(value?: unknown): Promise<IteratorResult<Event>> {
    this.release();
    return this.source.return ? this.source.return(value) : Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(reader: (step: IteratorResult<Event>) => void): void {
    this.source.take?.((step) => {
      if (step.done) this.release();
      reader(step);
    });
  }
}

/** What subscribers see of an event: the state, null when the object does not exist or is gone (or what `gone` makes of its last state). */
export function latestOf<Value>(
  event: PollEvent<Value>,
  gone: (last: Value) => Value | null = () => null,
): Value | null {
  switch (event.type) {
    case 'value':
      return event.value;
    case 'missing':
      return null;
    case 'removed':
      return gone(event.last);
    case 'failed':
      throw event.error;
  }
}
