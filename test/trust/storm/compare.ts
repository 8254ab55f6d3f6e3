import { expect } from 'vitest';
import type { GraphAnswer, GraphError } from '../../support/create-test-app.js';
import { uncoded } from '../raw-answers.js';
import type { Exchange, Weather } from './weather.js';

/** What may come of earlier weather, or of a machine that is busy, however fair this answer's own was. */
const carriedOver: ReadonlySet<unknown> = new Set([
  'RATE_LIMITED',
  'CIRCUIT_OPEN',
  'OVERLOADED',
  'UPSTREAM_TIMEOUT',
  'OUTCOME_UNKNOWN',
  // Of two that ask at once the second one waits for the first, but not for ever.
  'IDEMPOTENCY_IN_PROGRESS',
  'AUTH_PROVIDER_UNAVAILABLE',
]);

/** What befell the answers of one operation. */
export interface Met {
  readonly exchanges: readonly Exchange[];
  readonly names: readonly string[];
  /** Whether anything befell them that may cost an answer. */
  readonly harmed: boolean;
  readonly blinked: boolean;
}

/** Runs something and tells what it met. */
export async function meeting<T>(weather: Weather, run: () => Promise<T>): Promise<[T, Met]> {
  const from = weather.exchanges.length;
  const value = await run();
  const exchanges = weather.exchanges.slice(from);
  const names = exchanges.flatMap(({ oddity }) => oddity ?? []);
  return [
    value,
    {
      exchanges,
      names,
      harmed: exchanges.some(({ kind }) => kind !== undefined && kind !== 'harmless'),
      blinked: exchanges.some(({ kind }) => kind === 'blink'),
    },
  ];
}

/** Every error has a code that clients know, and a cause in what was met. */
export function expectErrorsToBeOwed(what: string, answer: GraphAnswer<unknown>, met: Met): void {
  expect(uncoded(answer), what).toEqual([]);
  if (met.harmed) return;
  const unexplained = (answer.errors ?? []).filter(({ extensions }) => !carriedOver.has(extensions['code']));
  expect(unexplained, `${what}: errors after fair weather (${met.names.join(', ')})`).toEqual([]);
}

const links: ReadonlySet<unknown> = new Set(['template', 'recipient']);

/** Fields that are neither right, nor null with a code at that place. */
export function wrongFields(
  got: unknown,
  truth: unknown,
  errors: readonly GraphError[],
  allowed: { readonly excused: ReadonlySet<string>; readonly missing: boolean },
  path: readonly (string | number)[] = [],
): string[] {
  const key = path.findLast((step) => typeof step === 'string');
  if (typeof key === 'string' && allowed.excused.has(key)) return [];
  const place = path.join('.');
  if (got === null || got === undefined) {
    if (truth === null || truth === undefined) return [];
    const coded = errors.some(({ path: at = [] }) => path.every((step, index) => at[index] === step));
    // "No such object" is believed of the object that was asked for, and of one that a row points at.
    const said = allowed.missing && (path.length <= 2 || links.has(key));
    return coded || said ? [] : [`${place}: null without a code`];
  }
  if (typeof got !== 'object' || typeof truth !== 'object' || truth === null)
    return Object.is(got, truth) ? [] : [`${place}: ${JSON.stringify(got)} for ${JSON.stringify(truth)}`];
  const names = new Set([...Object.keys(got), ...Object.keys(truth)]);
  return [...names].flatMap((name) =>
    wrongFields((got as Record<string, unknown>)[name], (truth as Record<string, unknown>)[name], errors, allowed, [
      ...path,
      Array.isArray(got) ? Number(name) : name,
    ]),
  );
}
