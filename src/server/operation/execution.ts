import {
  execute,
  GraphQLError,
  isObjectType,
  isListType,
  isNonNullType,
  Source,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import type { CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { compile } from './compile/compile.js';
import type { MaybePromise } from '../../values/maybe-promise.js';
import type { PreparedOperation } from './documents.js';
import { mayCompile } from './compile/may-compile.js';

/** One operation to run: prepared, its variables checked, its context made. */
export interface Run {
  readonly document: DocumentNode;
  readonly prepared: PreparedOperation;
  readonly variables: Record<string, unknown> | null;
  readonly context: unknown;
}

/** Runs queries and mutations. */
export type Executor = (run: Run) => MaybePromise<ExecutionResult>;

/** A compiled query is heavy, and few are in use at a time. */
const COMPILED_QUERIES = 250;
/** A document that comes once or twice is not worth the compiling. */
const USES_BEFORE = 2;

/**
 * Runs operations with graphql-js, or, when they come often and are safe to compile, with graphql-jit. Both give the same
 * answers (the tests run with either), so that `jit` is a question of speed alone.
 */
export function createExecutor(schema: GraphQLSchema, jit: boolean): Executor {
  if (!jit) return (run) => interpret(schema, run);
  settleLists(schema);
  const compiled = new LRUCache<PreparedOperation, CompiledQuery>({ max: COMPILED_QUERIES });

  function compiledFor({ document, prepared }: Run): CompiledQuery | undefined {
    if (prepared.uses < USES_BEFORE || !prepared.compiles) {
      prepared.uses += 1;
      return undefined;
    }
    const known = compiled.get(prepared);
    if (known !== undefined) return known;
    prepared.compiles = mayCompile(schema, document, prepared.definition);
    if (!prepared.compiles) return undefined;
    const made = compile(schema, document, prepared);
    prepared.compiles = made !== undefined;
    if (made !== undefined) compiled.set(prepared, made);
    return made;
  }

  return (run) => {
    const query = compiledFor(run);
    if (query === undefined) return interpret(schema, run);
    const result = query.query(undefined, run.context, run.variables);
    return 'then' in result ? result.then((settled) => relocate(settled, run)) : relocate(result, run);
  };
}

function interpret(
  schema: GraphQLSchema,
  { document, prepared, variables, context }: Run,
): MaybePromise<ExecutionResult> {
  return execute({
    schema,
    document,
    contextValue: context,
    variableValues: variables,
    operationName: prepared.definition.name?.value ?? null,
  });
}

/** Compiled errors know lines and columns, but not the document: made into errors like those of graphql-js. */
function relocate(result: ExecutionResult, { document }: Run): ExecutionResult {
  if (result.errors === undefined) return result;
  const text = document.loc?.source.body ?? '';
  const lines = text.split(/\r\n|[\n\r]/g);
  const ends = [...text.matchAll(/\r\n|[\n\r]/g)].map((match) => match.index + match[0].length);
  const positionOf = ({ line, column }: { readonly line: number; readonly column: number }) =>
    (ends[line - 2] ?? 0) + Math.min(column - 1, lines[line - 1]?.length ?? 0);
  const source = new Source(text);
  return {
    ...result,
    errors: result.errors.map(
      ({ message, locations, path, originalError }) =>
        new GraphQLError(message, {
          source,
          positions: locations?.map(positionOf) ?? null,
          path: path ?? null,
          originalError: originalError ?? null,
        }),
    ),
  };
}

const settled = new WeakSet<GraphQLSchema>();

/**
 * Compiled queries lose the place of a list's item whose promise rejects. So resolvers of lists wait for all their items, and
 * a failed one becomes an error as a value, which every executor puts at the item's path.
 */
function settleLists(schema: GraphQLSchema): void {
  if (settled.has(schema)) return;
  settled.add(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.resolve !== undefined && isList(field.type)) field.resolve = wholeList(field.resolve);
    }
  }
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

function wholeList(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, context, info) => {
    const list: unknown = resolve(source, args, context, info);
    return isPromise(list) ? list.then(settleItems) : settleItems(list);
  };
}

function settleItems(list: unknown): unknown {
  if (!Array.isArray(list) || !list.some(isPromise)) return list;
  return Promise.all(list.map((item: unknown) => (isPromise(item) ? item.then((value) => value, asError) : item)));
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a list item failed without an error');
}
