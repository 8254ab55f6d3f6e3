import { execute, type ExecutionResult, type GraphQLSchema } from 'graphql';
import type { MaybePromise } from '../../values/maybe-promise.js';
import { createCompiler } from './compile/compiler.js';
import type { Executor, Run } from './prepared-run.js';

/**
 * Runs operations with graphql-js, or, when they come often and are safe to compile, with graphql-jit. Both give the same
 * answers (a property test compares them), so that `jit` is a question of speed alone.
 */
export function createExecutor(schema: GraphQLSchema, jit: boolean): Executor {
  const interpreted: Executor = (run) => interpret(schema, run);
  return jit ? createCompiler(schema, interpreted) : interpreted;
}

function interpret(
  schema: GraphQLSchema,
  { document, operation, variables, context }: Run,
): MaybePromise<ExecutionResult> {
  return execute({
    schema,
    document,
    contextValue: context,
    variableValues: variables,
    operationName: operation.definition.name?.value ?? null,
  });
}
