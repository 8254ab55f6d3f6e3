import { buildSchema, isObjectType, parse, type ExecutionArgs } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/server/operation/outcome.js';
import { createEventRuns, type RunEvent } from '../../src/server/operation/shared-events.js';
import { credentials } from './stand-in.js';

const compared = credentials.headers;

interface Tick {
  readonly n: number;
  readonly fault?: boolean;
}

const schema = buildSchema('type Query { a: Int } type Subscription { now: Int later: Int }');
let executions = 0;
const count = ({ n, fault }: Tick): number => {
  executions += 1;
  if (fault) throw new Error('fault');
  return n;
};
const type = schema.getSubscriptionType();
if (isObjectType(type)) {
  Object.assign(type.getFields()['now'] ?? {}, { resolve: count });
  Object.assign(type.getFields()['later'] ?? {}, { resolve: async (event: Tick) => count(event) });
}

const runs = createEventRuns((context) => ({ ...context }), credentials);

interface Stream {
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly variables?: Record<string, unknown>;
  readonly name?: string;
}

function stream(
  {
    text = 'subscription A($x: Int) { now } subscription B { now }',
    headers = {},
    variables = {},
    name = 'A',
  }: Stream = {},
  made = runs,
): RunEvent {
  const args: ExecutionArgs = {
    schema,
    document: parse(text),
    operationName: name,
    variableValues: variables,
    contextValue: {},
  };
  return made(args, (header) => headers[header] ?? null);
}

/** What the streams get of one event, and in how many executions. */
async function tell(streams: readonly RunEvent[], event: Tick): Promise<{ outcomes: Outcome[]; executions: number }> {
  executions = 0;
  const outcomes: Outcome[] = [];
  for (const run of streams) outcomes.push(await run(event));
  return { outcomes, executions };
}

describe('one event', () => {
  it('is executed once for all who ask the same with the same credentials', async () => {
    const headers = { 'x-gateway-key': 'key', 'x-pinning-token': 'token' };
    const { outcomes, executions: times } = await tell(
      [stream({ headers }), stream({ headers }), stream({ headers })],
      { n: 1 },
    );
    expect(times).toBe(1);
    expect(new Set(outcomes).size).toBe(1);
    expect(outcomes[0]?.result).toEqual({ data: { now: 1 } });
  });

  it.each<[string, Stream, Stream]>([
    ...compared.map((name): [string, Stream, Stream] => [
      `another ${name}`,
      { headers: { [name]: 'one' } },
      { headers: { [name]: 'other' } },
    ]),
    ...compared.map((name): [string, Stream, Stream] => [
      `an empty ${name}, which is not none`,
      { headers: { [name]: '' } },
      {},
    ]),
    [
      'a credential under another name',
      { headers: { 'x-gateway-key': 'one' } },
      { headers: { 'x-pinning-token': 'one' } },
    ],
    ['other variables', { variables: { x: 1 } }, { variables: { x: 2 } }],
    ['another operation of the document', {}, { name: 'B' }],
    ['another document', {}, { text: 'subscription A($x: Int) { other: now } subscription B { now }' }],
  ])('is executed for each who comes with %s', async (_what, one, other) => {
    expect((await tell([stream(one), stream(other), stream(one)], { n: 1 })).executions).toBe(2);
  });

  it('is not another event that is equal to it', async () => {
    executions = 0;
    const [one, other] = [stream(), stream()];
    await one({ n: 1 });
    await other({ n: 1 });
    expect(executions).toBe(2);
  });

  it('is executed for each where that fails, for errors name the request they belong to', async () => {
    const { outcomes, executions: times } = await tell([stream(), stream()], { n: 1, fault: true });
    expect(times).toBe(2);
    expect(outcomes[0]).not.toBe(outcomes[1]);
  });

  it('is executed for each where that must wait, for a caller who leaves ends what they began', async () => {
    const text = 'subscription A { later }';
    expect((await tell([stream({ text }), stream({ text })], { n: 1 })).executions).toBe(2);
  });

  it('is executed for each where no context can be made for it alone', async () => {
    const lasting = createEventRuns(undefined, credentials);
    expect((await tell([stream({}, lasting), stream({}, lasting)], { n: 1 })).executions).toBe(2);
  });
});
