import type { DocumentNode, ExecutionResult } from 'graphql';
import type { MaybePromise } from '../../values/maybe-promise.js';
import type { OperationContext } from '../options.js';
import type { PreparedOperation } from './documents.js';

/** One operation to run: prepared, its variables checked, its context made. */
export interface Run {
  readonly document: DocumentNode;
  readonly operation: PreparedOperation;
  readonly variables: Record<string, unknown> | null;
  readonly context: OperationContext;
}

/** Runs queries and mutations. */
export type Executor = (run: Run) => MaybePromise<ExecutionResult>;
