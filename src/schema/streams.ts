import type { Context } from '../context.js';
import type { PollEvent } from '../polling/polling.js';

/** Opens a stream within the caller's cap and gives the place back when it ends, however it ends. */
export function streamOf<Event>(context: Context, open: () => AsyncIterableIterator<Event>): AsyncIterableIterator<Event> {
  const release = context.streams.open(context.access.principal);
  let source: AsyncIterableIterator<Event>;
  try {
    source = open();
  } catch (error) {
    release();
    throw error;
  }
  const ending = async (result: Promise<IteratorResult<Event>>): Promise<IteratorResult<Event>> => {
    try {
      const step = await result;
      if (step.done) release();
      return step;
    } catch (error) {
      release();
      throw error;
    }
  };
  return {
    next: () => ending(source.next()),
    return: (value?: unknown) => {
      release();
      return source.return ? source.return(value) : Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What subscribers see of an event: the state, null when the object does not exist, the last known state when it is gone. */
export function latestOf<Value>(event: PollEvent<Value>, gone: (last: Value) => Value = (last) => last): Value | null {
  switch (event.type) {
    case 'value': return event.value;
    case 'missing': return null;
    case 'removed': return gone(event.last);
    case 'failed': throw event.error;
  }
}
