import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isStream } from '../event-stream.js';

/** Runs each event of a subscription with a context of its own, so that no loader outlives the event that filled it. */
export function useFreshEventContext(contextPerEvent: ((context: object) => object) | undefined): Plugin {
  if (contextPerEvent === undefined) return {};
  const fresh = contextPerEvent;
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const events: unknown = await createSourceEventStream(args);
        if (!isStream(events)) return events;
        return mapEvents(events, (event) => execute({ ...args, rootValue: event, contextValue: fresh(Object(args.contextValue)) }));
      });
    },
  };
}

/** Executes the operation once per event; `return` reaches the source even while it waits. */
function mapEvents(events: AsyncIterable<unknown>, run: (event: unknown) => ExecutionResult | Promise<ExecutionResult>): AsyncGenerator<ExecutionResult, void> {
  const source = events[Symbol.asyncIterator]();
  const mapped: AsyncGenerator<ExecutionResult, void> = {
    async next() {
      const { done, value } = await source.next();
      return done ? { done: true, value: undefined } : { done: false, value: await run(value) };
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
