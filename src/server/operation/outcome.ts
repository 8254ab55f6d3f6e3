import type { ExecutionResult } from 'graphql';
import { resultWithoutHttp } from './coded-errors.js';

/** What an operation, or one event of a subscription, came to. */
export interface Outcome {
  /** Its errors are coded once it leaves the pipeline, and may say which HTTP status they ask for. */
  readonly result: ExecutionResult;
  /** The result as text, once somebody has written it; shared by all who share the outcome. */
  text?: string;
  /** Set when the document is one of the deployment's own: how long anybody may keep the answer; 0 = nobody. */
  publicMs?: number;
  /** Set on the result of a stream that broke off: its errors are about the stream, and nothing follows. */
  readonly isBreak?: true;
}

/** The results of one subscription: one at a time, when asked for. */
export interface ResultStream {
  /** Calls the reader once, at once or later. Never throws. Not to be called again before that. */
  take(reader: ResultReader): void;
  /** Nobody reads any more. Never rejects. */
  leave(): Promise<void>;
}

/** Whoever asked a stream for its next result. */
export interface ResultReader {
  next(outcome: Outcome): void;
  over(): void;
}

export function isStream(answer: Outcome | ResultStream): answer is ResultStream {
  return 'take' in answer;
}

/** The result as it goes over the wire. */
export function textOf(outcome: Outcome): string {
  return (outcome.text ??= JSON.stringify(resultWithoutHttp(outcome.result)));
}

/** One result as a stream that ends after it. */
export function streamOfOne(outcome: Outcome): ResultStream {
  let taken = false;
  return {
    take(reader) {
      if (taken) return reader.over();
      taken = true;
      reader.next(outcome);
    },
    leave: () => Promise.resolve(),
  };
}
