import type { GraphQLSchema } from 'graphql';
import type { CallWatcher } from '../upstream/http.js';

/** How an operation ended, as far as its span tells. */
export interface TracedEnd {
  readonly kind: string | null;
  readonly name: string | null;
  readonly codes: readonly string[];
  readonly events: number | null;
}

/** The span of one operation. */
export interface OperationTrace extends CallWatcher {
  /** Runs the resolver of a root field in a span of its own; calls begun meanwhile become that span's children. */
  field<T>(name: string, run: () => T): T;
  finished(end: TracedEnd): void;
}

/** Spans for operations, their root fields, polls and upstream calls, delivered to a collector. */
export interface Traces {
  /** Begins the span of an operation, below the caller's own when the header `traceparent` names it. */
  begin(traceparent: string | null): OperationTrace;
  /** Runs one read of a poll, of so many objects, in a trace of its own. */
  poll<T>(watched: number, run: () => Promise<T>): Promise<T>;
  /** Follows the calls of polls, and whatever else is called for no operation. */
  readonly pollCalls: CallWatcher;
  /** The same schema with a span around each root field of queries and mutations. */
  schema(schema: GraphQLSchema): GraphQLSchema;
  /** Delivers what is left, for a moment; never rejects. */
  close(): Promise<void>;
}
