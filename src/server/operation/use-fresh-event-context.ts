import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isStream } from '../events/streams.js';
import type { RequestState } from '../options.js';
import type { EventRuns, RunEvent } from './shared-events.js';

/** Runs the events of a subscription as they are run on every way in. */
export function useFreshEventContext(runs: EventRuns): Plugin<RequestState> {
  return {
    onSubscribe({
      args: {
        contextValue: { header },
      },
      setSubscribeFn,
    }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const events: unknown = await createSourceEventStream(args);
        return isStream(events) ? mapEvents(events, runs(args, header)) : events;
      });
    },
  };
}

/** Executes the operation once per event; `return` reaches the source even while it waits. */
function mapEvents(events: AsyncIterable<unknown>, run: RunEvent): AsyncGenerator<ExecutionResult, void> {
  const source = events[Symbol.asyncIterator]();
  const mapped: AsyncGenerator<ExecutionResult, void> = {
    async next() {
      const { done, value } = await source.next();
      return done ? { done: true, value: undefined } : { done: false, value: (await run(value)).result };
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      await source.return?.();
      throw error;
    },
    [Symbol.asyncIterator]: () => mapped,
  };
  return mapped;
}
