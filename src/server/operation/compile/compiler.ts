import { GraphQLError, Source, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { GONE } from '../../../values/departure.js';
import type { CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { isPromise } from '../../../values/maybe-promise.js';
import type { PreparedOperation } from '../documents.js';
import type { Executor, Run } from '../prepared-run.js';
import { compile } from './compile.js';
import { mayCompile } from './may-compile.js';
import { settleLists } from './settle-lists.js';

/** A compiled query is heavy, and few are in use at a time: so many at the most, and so much memory. */
const COMPILED_QUERIES = 250;
const COMPILED_BYTES = 48 * 1_048_576;
/** A document that comes once or twice is not worth the compiling. */
const USES_BEFORE = 2;

/** Runs operations that come often compiled, and leaves all others to the interpreter. */
export function createCompiler(schema: GraphQLSchema, interpret: Executor): Executor {
  settleLists(schema);
  const compiled = new LRUCache<PreparedOperation, CompiledQuery>({
    max: COMPILED_QUERIES,
    maxSize: COMPILED_BYTES,
    sizeCalculation: (_query, { compiledBytes }) => Math.max(1, compiledBytes),
  });

  function compiledFor({ document, operation }: Run): CompiledQuery | undefined {
    if (operation.uses < USES_BEFORE || !operation.compiles) {
      operation.uses += 1;
      return undefined;
    }
    const known = compiled.get(operation);
    if (known !== undefined) return known;
    operation.compiles = mayCompile(schema, document, operation.definition);
    if (!operation.compiles) return undefined;
    const made = compile(schema, document, operation);
    operation.compiles = made !== undefined;
    if (made !== undefined) compiled.set(operation, made);
    return made;
  }

  return (run) => {
    const query = compiledFor(run);
    if (query === undefined) return interpret(run);
    const result = query.query(undefined, run.context, run.variables);
    return isPromise(result) ? result.then((settled) => relocate(settled, run)) : relocate(result, run);
  };
}

/** Compiled errors know lines and columns, but not the document: made into errors like those of graphql-js. */
function relocate(result: ExecutionResult, { document }: Run): ExecutionResult {
  if (result.errors === undefined || result.errors.every(({ originalError }) => originalError === GONE)) return result;
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
