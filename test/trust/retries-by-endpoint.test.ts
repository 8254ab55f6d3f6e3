import { afterAll, describe, expect, it } from 'vitest';
import type { ProviderKey } from '../../src/providers/registry.js';
import { closeAll } from '../support/graph-payments.js';
import { everybody, startWholeGraph, type UpstreamName } from '../support/all-upstreams.js';
import type { FakeAnswer } from '../support/fake-upstream.js';
import { callOfRequest, upstreamCalls } from '../support/upstream-calls.js';
import { APP_WALLET, LEDGER_TXID, stands } from '../support/upstream-stands.js';

afterAll(closeAll);

/** How an endpoint is come to, where its field asks others on the way. */
interface Way {
  /** What those answer, by path, where it is not the usual. */
  readonly answers?: Readonly<Record<string, FakeAnswer>>;
  /** The paths that are asked on the way or beside it; none others may be. */
  readonly beside: readonly string[];
}
const history = `/accounts/${APP_WALLET}/transactions`;
/** The figures in one call cannot be used, so that each is asked for by itself. */
const parts: Way = {
  answers: { '/api/pool/stats': { body: {} } },
  beside: ['/api/pool/stats', '/api/pool/hashrate', '/api/pool/workers', '/api/pool/users'],
};

type Row = readonly [field: string, key: ProviderKey, endpoint: string, calls: number, way?: Way];
/**
 * Every endpoint that only reads, whatever its method: the field that asks it, its upstream, method and path, and the
 * calls that one read may cost.
 */
const endpoints: readonly Row[] = [
  ['me { uid }', 'pi', 'GET /v2/me', 3],
  ['payment(paymentId: "p1") { state }', 'pi', 'GET /v2/payments/p1', 3],
  ['incompleteServerPayments { state }', 'pi', 'GET /v2/payments/incomplete_server_payments', 3],
  ['rewardedAd(adId: "a1") { rewardable }', 'pi', 'GET /v2/ads_network/status/a1', 3],
  ['badgeTemplate(templateId: "t1") { name }', 'mypit', 'POST /getASingleBadgeTemplate', 3],
  ['badgeTemplates { nodes { id } }', 'mypit', 'POST /getAllBadgeTemplatesByOwnerId', 3],
  ['holder(holderId: "h1") { name }', 'mypit', 'POST /getHolderById', 3],
  ['holders { nodes { id } }', 'mypit', 'POST /getHolders', 3],
  ['issuedBadges { nodes { id } }', 'mypit', 'POST /getIssuedBadges', 3],
  ['providers { reachable }', 'mypit', 'GET /hello', 3],
  ['pin(requestId: "r1") { status }', 'pinning', 'GET /pins/r1', 3],
  ['pins { nodes { id } }', 'pinning', 'GET /pins', 3],
  ['poolRound { asOf }', 'bitminter', 'GET /api/pool/round', 2],
  ['poolBlocks { nodes { id } }', 'bitminter', 'GET /api/pool/blocks', 2],
  ['poolShifts { nodes { shiftId } }', 'bitminter', 'GET /api/pool/shifts', 2],
  ['topMiners { rank }', 'bitminter', 'GET /api/pool/top50', 2],
  ['poolStats { asOf }', 'bitminter', 'GET /api/pool/stats', 2],
  ['poolStats { asOf }', 'bitminter', 'GET /api/pool/hashrate', 2, parts],
  ['poolStats { asOf }', 'bitminter', 'GET /api/pool/workers', 2, parts],
  ['poolStats { asOf }', 'bitminter', 'GET /api/pool/users', 2, parts],
  ['miner { name }', 'bitminter', 'GET /api/users', 2],
  ['miner(name: "hydro_shed") { name }', 'bitminter', 'GET /api/users/hydro_shed', 2],
  ['ledgerTransaction(paymentId: "p1") { txid }', 'ledger', 'GET /', 2],
  ['ledgerTransaction(paymentId: "p1") { txid }', 'ledger', `GET ${history}`, 2, { beside: ['/'] }],
  [
    'ledgerTransaction(paymentId: "p1") { txid }',
    'ledger',
    `GET /transactions/${LEDGER_TXID}`,
    2,
    { beside: ['/', history], answers: { [history]: { body: { _embedded: { records: [] } } } } },
  ],
  [
    'ledgerTransaction(paymentId: "p1") { txid }',
    'ledger',
    `GET /transactions/${LEDGER_TXID}/operations`,
    2,
    { beside: ['/', history] },
  ],
];

describe.concurrent('a read that keeps failing', () => {
  it('is every call of the table of upstream calls behind which no change stands', () => {
    const own = endpoints.map(([, key, endpoint]) =>
      callOfRequest(key, endpoint.replace(` ${stands[key].base}/`, ' /')),
    );
    const lacking = upstreamCalls.filter((row) => row.reads && !own.includes(row));
    expect(lacking.map(({ provider, call }) => `${provider} ${call}`)).toEqual([]);
    expect(own.filter((row) => row?.reads !== true)).toEqual([]);
  });

  const rows = endpoints.map(([field, key, endpoint, calls, way]) => [field, key, endpoint, calls, way] as const);

  it.each(rows)('%s asks %s: %s is called %i times and no more', async (field, key, endpoint, calls, way) => {
    const upstream: UpstreamName = stands[key].name;
    const graph = await startWholeGraph({ OPERATION_TIMEOUT_MS: '14000', UPSTREAM_TIMEOUT_MS: '4000' });
    const [method, path] = endpoint.split(' ');
    const isIt = (request: { method: string; path: string }) => request.method === method && request.path === path;
    const usual = graph.usual(upstream);
    graph.answer(upstream, (request, response) =>
      way === undefined || isIt(request) ? { status: 503 } : (way.answers?.[request.path] ?? usual(request, response)),
    );
    if (endpoint.endsWith(LEDGER_TXID)) {
      const pi = graph.usual('pi');
      graph.answer('pi', async (request, response) => {
        const { body } = (await pi(request, response)) ?? {};
        return { body: { ...Object(body), transaction: { txid: LEDGER_TXID, verified: true, _link: '' } } };
      });
    }
    const answer = await graph.query<{ it: unknown }>(`{ it: ${field} }`, {}, everybody);
    if (field.startsWith('providers')) {
      // A ping that fails is no error of the field: it is what the field tells.
      expect(answer.errors).toBeUndefined();
      expect(answer.data?.it).toContainEqual({ reachable: false });
    } else {
      expect(answer.data).toEqual({ it: null });
      expect(answer.errors?.map(({ extensions }) => extensions['code'])).toEqual([
        endpoint === 'GET /v2/me' ? 'AUTH_PROVIDER_UNAVAILABLE' : 'UPSTREAM_UNAVAILABLE',
      ]);
    }
    const seen = graph.upstreams[upstream].requests;
    expect(seen.filter(isIt)).toHaveLength(calls);
    const others = seen.filter((request) => !isIt(request) && request.path !== '/v2/me').map((request) => request.path);
    expect(others.filter((other) => !way?.beside.includes(other))).toEqual([]);
  });
});
