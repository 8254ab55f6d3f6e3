import type { ExecutionResult } from 'graphql';
import { resultWithoutHttp } from '../operation/coded-errors.js';
import type { ResultReader, ResultStream } from '../operation/outcome.js';

type Step = IteratorResult<ExecutionResult, void>;

/** A stream of results as graphql-ws reads one. `return` ends it at once, even while a result is awaited. */
export function toGenerator(stream: ResultStream): AsyncGenerator<ExecutionResult, void> {
  const done: Step = { done: true, value: undefined };
  let settle: ((step: Step) => void) | undefined;
  const tell = (step: Step): void => {
    settle?.(step);
    settle = undefined;
  };
  const reader: ResultReader = {
    next: ({ result }) => tell({ done: false, value: resultWithoutHttp(result) }),
    over: () => tell(done),
  };
  const leave = async (): Promise<Step> => {
    tell(done);
    await stream.leave();
    return done;
  };
  const generator: AsyncGenerator<ExecutionResult, void> = {
    next: () =>
      new Promise((resolve) => {
        settle = resolve;
        stream.take(reader);
      }),
    return: leave,
    async throw(error: unknown) {
      await leave();
      throw error;
    },
    [Symbol.asyncIterator]: () => generator,
  };
  return generator;
}
