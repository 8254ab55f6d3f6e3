import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operatorScopes as scopesOf, type OperatorScope } from '../../src/access/scopes.js';
import { providerScopes } from '../../src/providers/registry.js';
import { createTestApp, gatewayKey, type GraphAnswer, type TestApp } from '../support/create-test-app.js';
import type { FakeUpstream } from '../support/fake-upstream.js';
import { documentOf, roots, strangeUpstream } from './root-fields.js';

const operatorScopes = scopesOf(providerScopes());

/** Who is let in, written by hand from the policy, and not read off the code: one scope, or a credential of one's own. */
type Row = readonly [
  scope: OperatorScope | 'anyone' | null,
  ...others: ('pi user' | 'pinning token' | 'mypit pair' | 'bitminter key')[],
];
const policy: Readonly<Record<string, Row>> = {
  'query node': ['anyone'],
  'query nodes': ['anyone'],
  'query providers': ['anyone'],
  'query operator': ['anyone'],
  'query pinningServices': ['anyone'],
  'query poolStats': ['anyone'],
  'query poolRound': ['anyone'],
  'query poolBlocks': ['anyone'],
  'query poolShifts': ['anyone'],
  'query topMiners': ['anyone'],
  'subscription poolStats': ['anyone'],
  'query miner': ['bm:read', 'bitminter key'],
  'query me': [null, 'pi user'],
  'query payment': ['pi:read', 'pi user'],
  'query ledgerTransaction': ['pi:read', 'pi user'],
  'subscription paymentStatus': ['pi:read', 'pi user'],
  'query incompleteServerPayments': ['pi:read'],
  'query rewardedAd': ['pi:read'],
  'mutation approvePayment': ['pi:approve', 'pi user'],
  'mutation completePayment': ['pi:complete', 'pi user'],
  'mutation cancelPayment': ['pi:cancel', 'pi user'],
  'mutation createPayment': ['pi:payout'],
  // Needs two scopes at once: none alone opens it.
  'mutation settlePayment': [null],
  'query openWrites': ['ops:read'],
  'query gateway': ['ops:read'],
  'mutation resolveOpenWrite': ['ops:write'],
  'query badgeTemplate': ['mypit:read', 'mypit pair'],
  'query badgeTemplates': ['mypit:read', 'mypit pair'],
  'query holder': ['mypit:read', 'mypit pair'],
  'query holders': ['mypit:read', 'mypit pair'],
  'query issuedBadges': ['mypit:read', 'mypit pair'],
  'mutation createBadgeTemplate': ['mypit:write', 'mypit pair'],
  'mutation updateBadgeTemplate': ['mypit:write', 'mypit pair'],
  'mutation createHolder': ['mypit:write', 'mypit pair'],
  'mutation updateHolder': ['mypit:write', 'mypit pair'],
  'mutation deleteBadgeTemplate': ['mypit:delete', 'mypit pair'],
  'mutation deleteHolder': ['mypit:delete', 'mypit pair'],
  'mutation issueBadge': ['mypit:issue', 'mypit pair'],
  'query pin': ['pin:read', 'pinning token'],
  'query pins': ['pin:read', 'pinning token'],
  'subscription pinStatus': ['pin:read', 'pinning token'],
  'subscription pinStatuses': ['pin:read', 'pinning token'],
  'subscription pinUpdates': ['pin:read', 'pinning token'],
  'mutation addPin': ['pin:write', 'pinning token'],
  'mutation replacePin': ['pin:write', 'pinning token'],
  'mutation removePin': ['pin:write', 'pinning token'],
};

const credentials = {
  'pi user': { authorization: 'Bearer user-token' },
  'pinning token': { 'x-pinning-token': 'theirs' },
  'bitminter key': { 'x-bitminter-key': 'theirs' },
  'mypit pair': {
    'x-mypit-client-id': 'their-id',
    'x-mypit-secret-key': 'their-secret',
    'x-mypit-user-id': 'their-user',
  },
} as const;

describe('one right opens what the policy says, and nothing else', () => {
  let upstream: FakeUpstream;
  let app: TestApp;
  const reached = () => upstream.requests.filter(({ path }) => !path.endsWith('/me')).length;

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
      BREAKER_MIN_REQUESTS: '1000000',
      MAX_SUBSCRIPTIONS_PER_CALLER: '1000',
      GATEWAY_KEYS: [...operatorScopes.map((scope) => [scope, scope] as const), ['pi:complete+pi:cancel', 'settling']]
        .map(([scopes, key], index) => gatewayKey(scopes, key, `key-${index}`))
        .join(','),
    });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  it('opens the settling of payments to who may complete and cancel them', async () => {
    const text = 'mutation { settlePayment(input: { paymentId: "a1" }) { __typename } }';
    const { data, errors } = await app.query(text, {}, { 'x-gateway-key': 'settling' });
    expect([data, errors]).toEqual([{ settlePayment: { __typename: 'NotFoundError' } }, undefined]);
  });

  it('names every root field', () => {
    expect(roots.map(({ kind, field }) => `${kind} ${field.name}`).toSorted()).toEqual(Object.keys(policy).toSorted());
  });

  it.each(roots.map(({ kind, field }) => [`${kind} ${field.name}`, kind, field] as const))(
    '%s',
    async (name, kind, field) => {
      const { text, variables } = documentOf(kind, field);
      const ask = async (headers: Record<string, string>) => {
        const before = reached();
        const answer: GraphAnswer<object> | undefined =
          kind === 'subscription'
            ? ((await app.subscribe<object>(text, variables, headers).next()).value ?? undefined)
            : await app.query<object>(text, variables, headers);
        const codes = (answer?.errors ?? []).map((error) => error.extensions['code']);
        const denied = codes.find((code) => code === 'UNAUTHENTICATED' || code === 'FORBIDDEN');
        if (denied !== undefined) expect(reached() - before, 'a denial that cost a request').toBe(0);
        return denied === undefined ? 'in' : String(denied);
      };
      const [scope, ...others] = policy[name] ?? [null];
      for (const own of operatorScopes)
        expect(await ask({ 'x-gateway-key': own }), `operator ${own}`).toBe(
          scope === 'anyone' || scope === own ? 'in' : 'FORBIDDEN',
        );
      for (const [word, headers] of Object.entries(credentials)) {
        const allowed = scope === 'anyone' || (others as readonly string[]).includes(word);
        // A Pi user is somebody, whose token may lack the right; any other credential says nothing about who brings it.
        expect(await ask(headers), word).toBe(allowed ? 'in' : word === 'pi user' ? 'FORBIDDEN' : 'UNAUTHENTICATED');
      }
    },
  );
});
