import type { GraphQLField } from 'graphql';
import { expect } from 'vitest';
import { operatorScopes as scopesOf } from '../../src/access/scopes.js';
import { providerScopes } from '../../src/providers/registry.js';
import type { Settings } from '../../src/settings.js';
import { gatewayKey, type GraphAnswer, type TestApp } from '../support/create-test-app.js';
import { documentOf } from './root-fields.js';

const operatorScopes = scopesOf(providerScopes());

/** Every kind of caller, and who of them gets in where, read off the rights that a root field declares. */

export type Expected = 'in' | 'UNAUTHENTICATED' | 'FORBIDDEN';
export interface Caller {
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

export const callers: readonly Caller[] = [
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

/** Every provider behind one upstream, with one operator who may do everything and one who may do next to nothing. */
export const rightsSettings = (url: string): Settings => ({
  PI_BASE_URL: url,
  PI_API_KEY: 'k',
  PI_USER_ACTIONS: 'approve,complete,cancel',
  MYPIT_BASE_URL: url,
  MYPIT_CLIENT_ID: 'i',
  MYPIT_SECRET_KEY: 's',
  MYPIT_USER_ID: 'u',
  MYPIT_ISSUER_DID: 'did:a:b',
  PINNING_SERVICES: 'acme',
  PINNING_ACME_URL: url,
  PINNING_ACME_TOKEN: 't',
  BITMINTER_BASE_URL: url,
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

/** Asks for one root field; the codes of what went wrong. */
export async function codesFor(
  app: TestApp,
  kind: string,
  field: GraphQLField<unknown, unknown>,
  headers: Caller['headers'],
): Promise<readonly unknown[]> {
  const { text, variables } = documentOf(kind, field);
  const answer: GraphAnswer<object> | undefined =
    kind === 'subscription'
      ? ((await app.subscribe<object>(text, variables, headers).next()).value ?? undefined)
      : await app.query<object>(text, variables, headers);
  const codes = (answer?.errors ?? []).map((error) => error.extensions['code']);
  expect(codes, 'a document of this test that is itself wrong').not.toContain('GRAPHQL_VALIDATION_FAILED');
  return codes;
}

export const outcomeOf = (codes: readonly unknown[]): unknown =>
  codes.find((code) => code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') ?? 'in';
