import fc from 'fast-check';
import { getVariableValues, lexicographicSortSchema, type ExecutionResult, type GraphQLError } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { schema as real } from '../../src/graph/index.js';
import { toGraphQLError } from '../../src/graph/errors.js';
import { codeResult, createErrorCoder } from '../../src/server/operation/coded-errors.js';
import { createDocuments } from '../../src/server/operation/documents.js';
import { createExecutor } from '../../src/server/operation/execution.js';
import { variableErrors } from '../../src/server/operation/input-errors.js';
import { defaultQueryLimits } from '../../src/server/operation/limits.js';
import { answerAtRandom } from '../support/random-answers.js';
import { randomDocument } from '../support/random-documents.js';

/** `npm run soak:compiler` asks for more. */
const CASES = Number(process.env['COMPILER_CASES'] ?? 2_000);

/** A copy: other test files share the real one. */
const schema = lexicographicSortSchema(real);
answerAtRandom(schema);
const limits = { ...defaultQueryLimits, aliases: 100, tokens: 5_000, rootFields: 100, upstreamCalls: 1_000_000 };
const documents = createDocuments({ schema, limits, hideSuggestions: true });
const executors = { compiled: createExecutor(schema, true), interpreted: createExecutor(schema, false) };

/** As the server does it: what graphql-js or the compiler says of a fault of our own is hidden. */
const toCoded = createErrorCoder((error, requestId) => toGraphQLError(error, requestId, () => {}));

/**
 * An answer as far as the specification fixes it. Where a null stands for a whole branch, several fields in it may have
 * failed, and which of these failures are told depends on who was first; that the branch has one is what can be compared.
 */
function normalize(result: ExecutionResult): { readonly data: string; readonly errors: readonly string[] } {
  const { data, errors } = codeResult(result, 'request', toCoded);
  const told = new Set<string>();
  for (const error of errors ?? []) told.add(describeError(error, data));
  return { data: JSON.stringify(data), errors: [...told].toSorted() };
}

function describeError(error: GraphQLError, data: ExecutionResult['data']): string {
  const path = error.path ?? [];
  let value: unknown = data;
  for (const [depth, step] of path.entries()) {
    if (value === null || value === undefined) return JSON.stringify({ under: path.slice(0, depth) });
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  const { message, locations, extensions } = error;
  return JSON.stringify({ path, message, locations, extensions });
}

/**
 * Where an item of a list fails at once, graphql-js leaves the promises of those before it unheard. That is no difference between
 * the two, and Vitest would count it as a fault of this file.
 */
const listeners = process.listeners('unhandledRejection');
beforeAll(() => void process.removeAllListeners('unhandledRejection').on('unhandledRejection', () => {}));
afterAll(async () => {
  // What the last documents left behind fails a turn or two after they were answered.
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  process.removeAllListeners('unhandledRejection');
  for (const listener of listeners) process.on('unhandledRejection', listener);
});

it(`gives the same answers compiled as interpreted, in ${CASES} documents`, async () => {
  const counts = { compiled: 0, interpreted: 0, refused: 0, invalid: 0, withErrors: 0 };
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 20, maxLength: 300 }), async (bytes) => {
      const { text, variables } = randomDocument(schema, bytes);
      const prepared = documents.prepare(text, () => false);
      if (prepared.document === null) throw new Error(`the generator wrote no document: ${text}`);
      const operation = prepared.operation(null);
      if (prepared.errors.length > 0 || operation === undefined) {
        counts.invalid += 1;
        return;
      }
      const { document } = prepared;
      const { definition } = operation;
      const faults = variableErrors({
        schema,
        document,
        operation: definition,
        values: variables,
        hideSuggestions: true,
      });
      const coerced = getVariableValues(schema, definition.variableDefinitions ?? [], variables);
      expect(faults.length > 0, 'the check of variables agrees with graphql-js').toBe(coerced.errors !== undefined);
      if (faults.length > 0) {
        counts.refused += 1;
        return;
      }
      const run = { document, operation: { ...operation, uses: 100 }, variables, context: {} };
      const compiled = normalize(await executors.compiled(run));
      counts[run.operation.compiles ? 'compiled' : 'interpreted'] += 1;
      const interpreted = normalize(await executors.interpreted({ ...run, operation }));
      if (interpreted.errors.length > 0) counts.withErrors += 1;
      expect(compiled, `${text}\n${JSON.stringify(variables)}`).toEqual(interpreted);
    }),
    { numRuns: CASES },
  );
  if (process.env['COMPILER_CASES'] !== undefined) console.log(counts);
  // A generator that writes hardly anything fit to be compiled would prove nothing.
  expect(counts.compiled).toBeGreaterThan(CASES / 4);
  expect(counts.interpreted).toBeGreaterThan(CASES / 20);
}, 600_000);
