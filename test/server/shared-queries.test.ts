import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { GraphQLError, parse, type ExecutionResult } from 'graphql';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Run } from '../../src/server/operation/prepared-run.js';
import type { OperationKind } from '../../src/server/options.js';
import type { Outcome } from '../../src/server/operation/outcome.js';
import { shareQueries, type Asking } from '../../src/server/operation/shared-queries.js';
import { Stay } from '../../src/values/departure.js';
import { credentials } from './stand-in.js';

const credentialHeaders = credentials.headers;

afterEach(() => void vi.useRealTimers());

interface Execution {
  readonly run: Run;
  end(result: ExecutionResult): void;
  fail(reason: unknown): void;
}

/** Executions that end when the test says so. */
function start() {
  const begun: Execution[] = [];
  const queries = shareQueries(
    (run) => new Promise((resolve, reject) => begun.push({ run, end: resolve, fail: reject })),
    credentials,
  );
  return { begun, queries };
}

const document = parse('{ __typename }');
const run = (kind: OperationKind = 'query', context: object = {}): Run => {
  const [definition] = document.definitions;
  if (definition?.kind !== 'OperationDefinition') throw new Error('no operation');
  return {
    document,
    operation: { definition, known: { kind, name: null }, uses: 0, compiles: false, compiledBytes: 1 },
    variables: null,
    context,
  };
};
const asking = (
  question = 'a',
  headers: Readonly<Record<string, string>> = {},
  signal = new AbortController().signal,
): Asking => ({ question, stay: new Stay(signal), header: (name) => headers[name] ?? null });
const data = (n: number): ExecutionResult => ({ data: { n } });

describe('equal queries of one caller', () => {
  it('are one execution, whose outcome all get, and its text with it', async () => {
    const { begun, queries } = start();
    const key = { 'x-gateway-key': 'key' };
    const all = [1, 2, 3].map(async () => queries.query(run(), asking('a', key)));
    expect(begun).toHaveLength(1);
    begun[0]?.end(data(1));
    const outcomes = await Promise.all(all);
    expect(outcomes.map(({ result }) => result)).toEqual([data(1), data(1), data(1)]);
    expect(new Set(outcomes).size).toBe(1);
  });

  it('share errors too, so that one slow upstream costs each of them its time but once', async () => {
    const { begun, queries } = start();
    const all = [1, 2].map(async () => queries.query(run(), asking()));
    const dark = { data: { n: null }, errors: [new GraphQLError('dark')] };
    begun[0]?.end(dark);
    expect((await Promise.all(all)).map(({ result }) => result)).toEqual([dark, dark]);
    expect(begun).toHaveLength(1);
  });

  it('are executed anew once the first is over', async () => {
    const { begun, queries } = start();
    const first = queries.query(run(), asking());
    begun[0]?.end(data(1));
    await first;
    const second = queries.query(run(), asking());
    begun[1]?.end(data(2));
    expect((await second).result).toEqual(data(2));
  });

  it('are executed anew when the first began some time ago, and the newer one is then joined', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { begun, queries } = start();
    const first = queries.query(run(), asking());
    vi.advanceTimersByTime(51);
    const late = [1, 2].map(async () => queries.query(run(), asking()));
    expect(begun).toHaveLength(2);
    begun[0]?.end(data(1));
    await first;
    late.push(Promise.resolve(queries.query(run(), asking())));
    begun[1]?.end(data(2));
    expect((await Promise.all(late)).map(({ result }) => result)).toEqual([data(2), data(2), data(2)]);
    expect(begun).toHaveLength(2);
  });

  it('are not joined across a mutation, be it begun, ended or failed in between', async () => {
    const { begun, queries } = start();
    void queries.query(run(), asking());
    const mutation = queries.alone(run('mutation'));
    void queries.query(run(), asking());
    expect(begun).toHaveLength(3);
    begun[1]?.fail(new Error('lost'));
    await expect(mutation).rejects.toThrow('lost');
    void queries.query(run(), asking());
    void queries.query(run(), asking());
    expect(begun).toHaveLength(4);
  });

  it('go on for those who stay when others leave, be it the first one', async () => {
    const { begun, queries } = start();
    const leaving = [new AbortController(), new AbortController()];
    const [first, second] = leaving.map(async ({ signal }) => queries.query(run(), asking('a', {}, signal)));
    const third = Promise.resolve(queries.query(run(), asking()));
    for (const one of leaving) one.abort('left');
    await expect(second).rejects.toBe('left');
    begun[0]?.end(data(1));
    expect((await Promise.all([first, third])).map((outcome) => outcome?.result)).toEqual([data(1), data(1)]);
    expect(begun).toHaveLength(1);
  });

  it('are stopped once all have left, and joined no more from then on', async () => {
    const { begun, queries } = start();
    const leaving = [new AbortController(), new AbortController()];
    const askings = leaving.map(({ signal }) => asking('a', {}, signal));
    const [first, second] = askings.map(async (one) => queries.query(run(), one));
    leaving[0]?.abort('left');
    expect(askings[0]?.stay.aborted).toBe(false);
    leaving[1]?.abort('left too');
    expect(askings[0]?.stay.aborted).toBe(true);
    await expect(second).rejects.toBe('left too');
    const later = Promise.resolve(queries.query(run(), asking()));
    expect(begun).toHaveLength(2);
    begun[1]?.end(data(2));
    begun[0]?.fail('left too');
    await expect(first).rejects.toBe('left too');
    expect((await later).result).toEqual(data(2));
  });

  it('outlive an executor that throws, at once or later', async () => {
    const { begun, queries } = start();
    const first = queries.query(run(), asking());
    const second = queries.query(run(), asking());
    begun[0]?.fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await sleep(0);
    begun[1]?.end(data(1));
    expect((await second).result).toEqual(data(1));
    const throwing = shareQueries(() => {
      throw new Error('at once');
    }, credentials);
    expect(() => throwing.query(run(), asking())).toThrow('at once');
    expect(() => throwing.query(run(), asking())).toThrow('at once');
  });

  it("are executed for each when they come with a person's token", () => {
    const { begun, queries } = start();
    for (let times = 0; times < 2; times += 1) void queries.query(run(), asking('a', { authorization: 'Bearer one' }));
    expect(begun).toHaveLength(2);
  });

  it('need no promise when they need not wait', () => {
    let executions = 0;
    const queries = shareQueries(() => data((executions += 1)), credentials);
    expect([queries.query(run(), asking()), queries.query(run(), asking())]).toEqual([
      { result: data(1) },
      { result: data(2) },
    ]);
  });
});

it.each<[string, Asking, Asking]>([
  ...credentialHeaders.map((name): [string, Asking, Asking] => [
    `another ${name}`,
    asking('a', { [name]: 'one' }),
    asking('a', { [name]: 'other' }),
  ]),
  ...credentialHeaders.map((name): [string, Asking, Asking] => [
    `an empty ${name}, which is not none`,
    asking('a', { [name]: '' }),
    asking(),
  ]),
  [
    'a credential under another name',
    asking('a', { 'x-gateway-key': 'one' }),
    asking('a', { 'x-pinning-token': 'one' }),
  ],
  [
    'a credential cut elsewhere',
    asking('a', { 'x-gateway-key': 'a1:b', 'x-pinning-token': 'c' }),
    asking('a', { 'x-gateway-key': 'a', 'x-pinning-token': '1:bc' }),
  ],
  ['another body', asking('a'), asking('b')],
  ['a credential that looks like part of a body', asking('x a'), asking('a', { 'x-gateway-key': 'x' })],
])('queries with %s are not equal', (_what, one, other) => {
  const { begun, queries } = start();
  void queries.query(run(), one);
  void queries.query(run(), other);
  expect(begun).toHaveLength(2);
});

it('whoever asks gets what was begun for his own credential and question, at or after his last mutation', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('query' as const), caller: fc.nat(2), body: fc.nat(1) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), index: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('mutate' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { begun, queries } = start();
      const waiting: Promise<void>[] = [];
      let mutations = 0;
      const ask = async (caller: number, body: number): Promise<void> => {
        const since = mutations;
        const outcome: Outcome = await queries.query(
          run('query', { caller, body, mutations }),
          asking(`${body}`, { 'x-gateway-key': `${caller}` }),
        );
        const { caller: whose, body: which, mutations: when } = outcome.result.data as Record<string, number>;
        expect([whose, which]).toEqual([caller, body]);
        expect(when).toBeGreaterThanOrEqual(since);
      };
      const end = ({ run: { context }, end: tell }: Execution) => tell({ data: { ...Object(context) } });
      for (const one of steps) {
        if (one.do === 'query') waiting.push(ask(one.caller, one.body));
        else if (one.do === 'end' && begun.length > 0) end(begun[one.index % begun.length] as Execution);
        else if (one.do === 'mutate') {
          mutations += 1;
          void queries.alone(run('mutation', { mutations }));
        }
        await sleep(0);
      }
      begun.forEach(end);
      await Promise.all(waiting);
    }),
    { numRuns: 60 },
  );
});
