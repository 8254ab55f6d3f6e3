import { afterAll, describe, expect, it } from 'vitest';
import { closeAll } from '../support/graph-payments.js';
import { everybody, startWholeGraph, type UpstreamName } from '../support/all-upstreams.js';

afterAll(closeAll);

/**
 * Every endpoint that only reads, whatever its method: the field that asks it, its upstream, method and path, and the
 * calls that one read may cost.
 */
const endpoints: readonly (readonly [field: string, upstream: UpstreamName, endpoint: string, calls: number])[] = [
  ['me { uid }', 'pi', 'GET /v2/me', 3],
  ['payment(paymentId: "p1") { state }', 'pi', 'GET /v2/payments/p1', 3],
  ['incompleteServerPayments { state }', 'pi', 'GET /v2/payments/incomplete_server_payments', 3],
  ['rewardedAd(adId: "a1") { rewardable }', 'pi', 'GET /v2/ads_network/status/a1', 3],
  ['badgeTemplate(templateId: "t1") { name }', 'mypit', 'POST /getASingleBadgeTemplate', 3],
  ['badgeTemplates { nodes { id } }', 'mypit', 'POST /getAllBadgeTemplatesByOwnerId', 3],
  ['holder(holderId: "h1") { name }', 'mypit', 'POST /getHolderById', 3],
  ['holders { nodes { id } }', 'mypit', 'POST /getHolders', 3],
  ['issuedBadges { nodes { id } }', 'mypit', 'POST /getIssuedBadges', 3],
  ['pin(requestId: "r1") { status }', 'pinning:acme', 'GET /pins/r1', 3],
  ['pins { nodes { id } }', 'pinning:acme', 'GET /pins', 3],
  ['poolRound { asOf }', 'bitminter', 'GET /api/pool/round', 2],
  ['poolBlocks { nodes { id } }', 'bitminter', 'GET /api/pool/blocks', 2],
  ['poolShifts { nodes { shiftId } }', 'bitminter', 'GET /api/pool/shifts', 2],
  ['topMiners { rank }', 'bitminter', 'GET /api/pool/top50', 2],
  ['poolStats { asOf }', 'bitminter', 'GET /api/pool/stats', 2],
  ['miner { name }', 'bitminter', 'GET /api/users', 2],
  ['miner(name: "hydro_shed") { name }', 'bitminter', 'GET /api/users/hydro_shed', 2],
];

describe.concurrent('a read that keeps failing', () => {
  it.each(endpoints)('%s asks %s: %s is called %i times and no more', async (field, upstream, endpoint, calls) => {
    const graph = await startWholeGraph({
      OPERATION_TIMEOUT_MS: '14000',
      UPSTREAM_TIMEOUT_MS: '4000',
      POOL_CACHE_TTL_MS: '0',
    });
    const [method, path] = endpoint.split(' ');
    const isIt = (request: { method: string; path: string }) => request.method === method && request.path === path;
    graph.answer(upstream, () => ({ status: 503 }));
    const answer = await graph.query(`{ it: ${field} }`, {}, everybody);
    expect(answer.data).toEqual({ it: null });
    expect(answer.errors?.map(({ extensions }) => extensions['code'])).toEqual([
      endpoint === 'GET /v2/me' ? 'AUTH_PROVIDER_UNAVAILABLE' : 'UPSTREAM_UNAVAILABLE',
    ]);
    expect(graph.upstreams[upstream].requests.filter(isIt)).toHaveLength(calls);
    expect(graph.upstreams[upstream].requests.filter((request) => !isIt(request) && request.path !== '/v2/me')).toEqual(
      [],
    );
  });
});
