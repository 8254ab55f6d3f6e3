import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/create-test-app.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { globalId } from '../support/all-upstreams.js';
import { callers, codesFor, outcomeOf, rightsSettings } from './rights-callers.js';
import { roots, strangeUpstream } from './root-fields.js';

/** The whole table of rights, once under each flood of callers who have none: everybody gets in where they should, and is served. */

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const SLOW_MS = 40;
const FLOODERS = 3;
const REST_MS = 100;
const AT_ONCE = 16;
/** What is answered when somebody else has used up the room. */
const crowdedOut = new Set([
  'OVERLOADED',
  'CIRCUIT_OPEN',
  'TOO_MANY_REQUESTS',
  'RATE_LIMITED',
  'UPSTREAM_TIMEOUT',
  'SUBSCRIPTION_LIMIT',
  'AUTH_PROVIDER_UNAVAILABLE',
  'UPSTREAM_UNAVAILABLE',
]);

type Asked = readonly [query: string, variables: object, headers: Record<string, string>];
const nodesOf = (typename: string, i: number, length = 100): object => ({
  ids: Array.from({ length }, (_, at) => globalId(typename, typename === 'Pin' ? `acme:x${i}-${at}` : `x${i}-${at}`)),
});
const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';

/** One class of callers each; what they bring nobody has given out. */
const floods: Readonly<Record<string, (i: number) => Asked>> = {
  'nobody at all': (i) => [
    '{ poolStats { activeWorkers } poolBlocks(first: 50) { nodes { id } } pins { nodes { id } } me { uid } }',
    { i },
    {},
  ],
  // Refused before any upstream is asked: more ids would only take the processor.
  'wrong operator keys': (i) => [nodes, nodesOf('Payment', i, 10), { 'x-gateway-key': `junk-${i}` }],
  'made-up bearers': (i) => [nodes, nodesOf('Payment', i), { authorization: `Bearer junk-${i}` }],
  'made-up pinning tokens': (i) => [nodes, nodesOf('Pin', i), { 'x-pinning-token': `junk-${i}` }],
  'made-up MyPit pairs': (i) => [
    nodes,
    nodesOf('Holder', i),
    { 'x-mypit-client-id': `junk-${i}`, 'x-mypit-secret-key': 'junk', 'x-mypit-user-id': 'junk' },
  ],
  'made-up BitMinter keys': (i) => [
    'query ($name: String) { miner(name: $name) { name } }',
    { name: `m${i}` },
    { 'x-bitminter-key': `junk-${i}` },
  ],
};

describe('who gets in while callers without rights ask for all that they can', () => {
  let strange: FakeUpstream;
  let upstream: FakeUpstream;
  let app: TestApp;

  beforeAll(async () => {
    strange = await strangeUpstream();
    // Slow to those whom it refuses, so that they take as much room as they can get.
    upstream = await fakeUpstream(async ({ method, url, headers, body }) => {
      if (/junk/.test(JSON.stringify(headers))) {
        await wait(SLOW_MS);
        return { status: 401, body: '' };
      }
      const forwarded = headers.authorization ? { authorization: headers.authorization } : {};
      const answer = await fetch(`${strange.url}${url}`, {
        method,
        headers: forwarded,
        ...(body === '' ? {} : { body }),
      });
      return { status: answer.status, body: await answer.text() };
    });
    app = await createTestApp({
      ...rightsSettings(upstream.url),
      UPSTREAM_TIMEOUT_MS: '5000',
      WRITE_TIMEOUT_MS: '5000',
      OPERATION_TIMEOUT_MS: '8000',
      MAX_SUBSCRIPTIONS_PER_CALLER: '1000',
    });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
    await strange.close();
  });

  it.each(Object.entries(floods))(
    'under %s',
    async (name, ask) => {
      let over = false;
      let asked = 0;
      const flooding = Array.from({ length: FLOODERS }, async () => {
        while (!over) {
          const [query, variables, headers] = ask((asked += 1));
          await app.query(query, variables, headers);
          // The room is to be full, not the processor.
          await wait(REST_MS);
        }
      });
      const wrong: string[] = [];
      let reads = 0;
      let answered = 0;
      const table = roots.flatMap(({ kind, field }) => callers.map((caller) => ({ kind, field, caller })));
      const walk = async (): Promise<void> => {
        for (let next = table.pop(); next; next = table.pop()) {
          const { kind, field, caller } = next;
          const expected = caller.expected(String(field.extensions['rights']));
          const codes = await codesFor(app, kind, field, caller.headers);
          if (outcomeOf(codes) !== expected)
            wrong.push(`${kind} ${field.name}, ${caller.name}: ${String(outcomeOf(codes))}`);
          if (expected !== 'in' || caller.name !== 'an operator with every scope') continue;
          reads += 1;
          if (!codes.some((code) => crowdedOut.has(String(code)))) answered += 1;
        }
      };
      try {
        await Promise.all(Array.from({ length: AT_ONCE }, walk));
      } finally {
        over = true;
      }
      await Promise.all(flooding);
      console.log(`flood of ${name}: ${asked} operations; ${answered} of ${reads} of the operator's were answered`);
      expect(wrong).toEqual([]);
      expect(asked, 'enough of them asked').toBeGreaterThan(5);
      expect(answered / reads).toBeGreaterThanOrEqual(0.95);
    },
    120_000,
  );
});
