import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryState } from '../../src/state/memory.js';
import { createTestApp, gatewayKey, operatorHeaders, type TestApp } from '../support/create-test-app.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { cids, wirePin } from '../support/graph-pins.js';

/** A service that looks at what is asked before it looks at who asks: each made-up token leaves a record behind. */

let service: FakeUpstream;
let app: TestApp;
beforeAll(async () => {
  service = await fakeUpstream(({ method, headers }) => {
    if (method !== 'POST') return { body: { count: 0, results: [] } };
    const known =
      headers.authorization === 'Bearer token-of-the-server' || headers.authorization === 'Bearer their-own';
    return known ? { status: 202, body: wirePin('r1') } : { status: 400, body: { error: { reason: 'BAD_REQUEST' } } };
  });
  app = await createTestApp(
    {
      PINNING_SERVICES: 'acme',
      PINNING_ACME_URL: service.url,
      PINNING_ACME_TOKEN: 'token-of-the-server',
      GATEWAY_KEYS: gatewayKey('pin:read+pin:write'),
    },
    // A tenth for each caller: three.
    { state: createMemoryState({ maxEntries: 30 }) },
  );
});
afterAll(async () => {
  await app.close();
  await service.close();
});

const add = `mutation ($key: String) { done: addPin(input: { cid: "${cids.a}", name: "one", idempotencyKey: $key }) {
  __typename ... on UserError { code } } }`;
const ask = async (key: string, headers: Record<string, string>): Promise<unknown> => {
  const { data, errors } = await app.query<{ done: { __typename: string; code?: string } | null }>(
    add,
    { key },
    headers,
  );
  return data?.done?.code ?? data?.done?.__typename ?? errors?.[0]?.extensions['code'];
};

it('counts records to who is known, and all made-up credentials of an address to that address', async () => {
  const codes: unknown[] = [];
  for (let i = 0; i < 6; i += 1) codes.push(await ask('k', { 'x-pinning-token': `made-up-${i}` }));
  expect(codes.slice(0, 3)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
  expect(codes.slice(3)).toEqual(Array.from({ length: 3 }, () => 'IDEMPOTENCY_QUOTA_EXCEEDED'));
  // Others have theirs, also at that address once their service has accepted them.
  expect(await ask('k', operatorHeaders)).toBe('AddPinPayload');
  await app.query('{ pins { nodes { id } } }', {}, { 'x-pinning-token': 'their-own' });
  expect(await ask('k', { 'x-pinning-token': 'their-own' })).toBe('AddPinPayload');
});
