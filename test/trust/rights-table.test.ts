import type { GraphQLField } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operatorScopes as scopesOf } from '../../src/access/rights.js';
import { providerScopes } from '../../src/providers/registry.js';
import { createTestApp, gatewayKey, type GraphAnswer, type TestApp } from '../support/create-test-app.js';
import type { FakeUpstream } from '../support/fake-upstream.js';
import { documentOf, roots, strangeUpstream } from './root-fields.js';

const operatorScopes = scopesOf(providerScopes());

/** Every root field and every kind of caller: who gets in is read off the rights that the field itself declares. */

type Expected = 'in' | 'UNAUTHENTICATED' | 'FORBIDDEN';
interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  expected(rights: string): Expected;
}

const grants = (rights: string, word: string) => rights.split(', ').includes(word);
const open = (rights: string) => rights.startsWith('anyone');
const scopeOf = (rights: string) => /operator ([\w:]+)/.exec(rights)?.[1];
const mypit = {
  'x-mypit-client-id': 'their-id',
  'x-mypit-secret-key': 'their-secret',
  'x-mypit-user-id': 'their-user',
};

/** Somebody with a credential of one provider: in where the field names it, nobody elsewhere. */
const brings = (name: string, word: string, headers: Caller['headers']): Caller => ({
  name,
  headers,
  expected: (rights) => (open(rights) || grants(rights, word) ? 'in' : 'UNAUTHENTICATED'),
});
/** The same credential beside an operator key that may do everything, but unusable: it still bars the server's own. */
const spoils = (name: string, word: string, headers: Caller['headers']): Caller => ({
  name,
  headers: { 'x-gateway-key': 'every', ...headers },
  expected: (rights) =>
    open(rights) ? 'in' : grants(rights, word) ? 'UNAUTHENTICATED' : scopeOf(rights) ? 'in' : 'FORBIDDEN',
});

const callers: readonly Caller[] = [
  { name: 'nobody', headers: {}, expected: (rights) => (open(rights) ? 'in' : 'UNAUTHENTICATED') },
  {
    name: 'a wrong operator key',
    headers: { 'x-gateway-key': 'guessed' },
    expected: (rights) => (open(rights) ? 'in' : 'UNAUTHENTICATED'),
  },
  {
    name: 'an operator without the scope',
    headers: { 'x-gateway-key': 'poor' },
    expected: (rights) => (open(rights) ? 'in' : 'FORBIDDEN'),
  },
  {
    name: 'an operator with every scope',
    headers: { 'x-gateway-key': 'every' },
    expected: (rights) => (open(rights) || scopeOf(rights) ? 'in' : 'FORBIDDEN'),
  },
  {
    name: 'a Pi user',
    headers: { authorization: 'Bearer user-token' },
    expected: (rights) => (open(rights) || rights.includes('Pi user') ? 'in' : 'FORBIDDEN'),
  },
  brings('a pinning token', 'x-pinning-token', { 'x-pinning-token': 'theirs' }),
  brings('a MyPit pair', 'MyPit pair', mypit),
  brings('a BitMinter key', 'x-bitminter-key', { 'x-bitminter-key': 'theirs' }),
  spoils('an operator with an empty pinning token', 'x-pinning-token', { 'x-pinning-token': '' }),
  spoils('an operator with half a MyPit pair', 'MyPit pair', { 'x-mypit-client-id': 'their-id' }),
  spoils('an operator with an empty BitMinter key', 'x-bitminter-key', { 'x-bitminter-key': '' }),
];

describe('who gets in', () => {
  let upstream: FakeUpstream;
  let app: TestApp;

  beforeAll(async () => {
    upstream = await strangeUpstream();
    app = await createTestApp({
      PI_BASE_URL: upstream.url,
      PI_API_KEY: 'k',
      PI_USER_ACTIONS: 'approve,complete,cancel',
      MYPIT_BASE_URL: upstream.url,
      MYPIT_CLIENT_ID: 'i',
      MYPIT_SECRET_KEY: 's',
      MYPIT_USER_ID: 'u',
      MYPIT_ISSUER_DID: 'did:a:b',
      PINNING_SERVICES: 'acme',
      PINNING_ACME_URL: upstream.url,
      PINNING_ACME_TOKEN: 't',
      BITMINTER_BASE_URL: upstream.url,
      BITMINTER_API_KEY: 'b',
      PAYOUT_MAX_PER_CALL: '10',
      PAYOUT_MAX_PER_DAY: '1000',
      POOL_CACHE_TTL_MS: '0',
      READBACK_DELAY_MS: '0',
      GATEWAY_KEYS: [
        gatewayKey(operatorScopes.join('+'), 'every', 'every'),
        gatewayKey('schema:read', 'poor', 'poor'),
      ].join(','),
    });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  const outcome = async (kind: string, field: GraphQLField<unknown, unknown>, headers: Caller['headers']) => {
    const { text, variables } = documentOf(kind, field);
    const answer: GraphAnswer<object> | undefined =
      kind === 'subscription'
        ? ((await app.subscribe<object>(text, variables, headers).next()).value ?? undefined)
        : await app.query<object>(text, variables, headers);
    const codes = (answer?.errors ?? []).map((error) => error.extensions['code']);
    expect(codes, 'a document of this test that is itself wrong').not.toContain('GRAPHQL_VALIDATION_FAILED');
    return codes.find((code) => code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') ?? 'in';
  };

  it.each(roots.map(({ kind, field }) => [`${kind} ${field.name}`, kind, field] as const))(
    '%s',
    async (_name, kind, field) => {
      const rights = String(field.extensions['rights']);
      for (const caller of callers) {
        const before = upstream.requests.length;
        const expected = caller.expected(rights);
        expect(await outcome(kind, field, caller.headers), caller.name).toBe(expected);
        if (expected !== 'in') expect(upstream.requests.length - before, `requests for ${caller.name}`).toBe(0);
      }
    },
  );
});
