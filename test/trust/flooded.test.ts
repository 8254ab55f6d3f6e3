import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, gatewayKey, operatorHeaders, type TestApp } from '../support/create-test-app.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { wirePayment } from '../providers/pi-support.js';
import { globalId } from '../support/all-upstreams.js';
import { wirePin } from '../support/graph-pins.js';

/** What an operator reads while callers without any right ask for as much as they can. */

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ids = (round: number) => Array.from({ length: 100 }, (_, i) => globalId('Pin', `acme:x${round}-${i}`));
const json = (query: string, variables: object = {}) => [query, variables] as const;

/** Each asks with credentials that nobody has given out. */
const floods: Readonly<Record<string, (i: number) => readonly [readonly [string, object], Record<string, string>]>> = {
  'made-up bearers': (i) => [json('{ me { uid } }'), { authorization: `Bearer junk-${i}` }],
  'a made-up pinning token and a hundred ids': (i) => [
    json('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ids(i) }),
    { 'x-pinning-token': `junk-${i}` },
  ],
  'filters that a service answers with 500': (i) => [
    json('query ($name: String) { pins(filter: { name: $name }) { nodes { id } } }', { name: `odd ${i}` }),
    { 'x-pinning-token': `junk-${i}` },
  ],
  'filters that a service answers with 503': (i) => [
    json('query ($name: String) { pins(filter: { name: $name }) { nodes { id } } }', { name: `busy ${i}` }),
    { 'x-pinning-token': `junk-${i}` },
  ],
};

describe('while callers without rights ask for all that they can', () => {
  let upstream: FakeUpstream;
  let app: TestApp;
  beforeAll(async () => {
    upstream = await fakeUpstream(async ({ path, query, headers }) => {
      if (/junk/.test(headers.authorization ?? '')) {
        await wait(60);
        const name = query.get('name') ?? '';
        return { status: name.startsWith('odd') ? 500 : name.startsWith('busy') ? 503 : 401, body: {} };
      }
      await wait(5);
      const last = path.split('/').at(-1) ?? '';
      if (path.startsWith('/v2/')) return { body: wirePayment({ identifier: last }) };
      return path === '/pins' ? { body: { count: 1, results: [wirePin('r1')] } } : { body: wirePin(last) };
    });
    app = await createTestApp({
      PI_BASE_URL: `${upstream.url}/v2`,
      PI_API_KEY: 'server-key',
      PINNING_SERVICES: 'acme',
      PINNING_ACME_URL: upstream.url,
      PINNING_ACME_TOKEN: 'server-token',
      GATEWAY_KEYS: gatewayKey('pin:read+pi:read'),
      UPSTREAM_TIMEOUT_MS: '5000',
      OPERATION_TIMEOUT_MS: '8000',
    });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  it.each(Object.entries(floods))(
    'an operator is answered under %s',
    async (_name, ask) => {
      let over = false;
      let next = 0;
      const flooding = Array.from({ length: 3 }, async () => {
        while (!over) {
          const [[query, variables], headers] = ask((next += 1));
          await app.query(query, variables, headers);
          // What is refused at once is asked for again, but not in the same turn: the room is to be full, not the processor.
          await wait(100);
        }
      });
      let answered = 0;
      let reads = 0;
      try {
        await wait(150);
        // On until those without rights have asked a while, too.
        for (let i = 0; i < 12 || (next < 9 && i < 500); i += 1) {
          reads += 1;
          const { errors } = await app.query(
            'query ($pin: ID!, $payment: ID!) { pin(requestId: $pin) { id } pins { nodes { id } } payment(paymentId: $payment) { id } }',
            { pin: `r${i}`, payment: `p${i}` },
            operatorHeaders,
          );
          if (errors === undefined) answered += 1;
        }
      } finally {
        over = true;
      }
      await Promise.all(flooding);
      expect(next, 'enough of them asked').toBeGreaterThan(3);
      expect(answered / reads).toBeGreaterThanOrEqual(0.95);
    },
    30_000,
  );
});
