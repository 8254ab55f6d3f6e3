import { describe, expect, it } from 'vitest';
import { createChanges } from '../../src/access/recent-changes.js';
import { RecentTimes } from '../../src/upstream/recent-times.js';
import { gatewayKey } from '../support/create-test-app.js';
import { closeAfterEach, codesIn, startPinsGraph, wirePin } from '../support/graph-pins.js';

closeAfterEach();

const ops = { 'x-gateway-key': 'ops' };
const GATEWAY_KEYS = [gatewayKey('pin:read+pin:write'), gatewayKey('ops:read', 'ops', 'ops')].join(',');

interface Gateway {
  readonly gateway: { readonly changes: readonly { readonly event: string; readonly provider: string | null }[] };
}

describe('operator', () => {
  it('tells whose key came and what it may do; null for nobody and for an unknown key', async () => {
    const graph = await startPinsGraph({ GATEWAY_KEYS });
    const text = '{ operator { name scopes } }';
    expect((await graph.query(text)).data).toEqual({ operator: { name: 'tests', scopes: ['pin:read', 'pin:write'] } });
    expect((await graph.query(text, {}, ops)).data).toEqual({ operator: { name: 'ops', scopes: ['ops:read'] } });
    for (const headers of [{}, { 'x-gateway-key': 'of nobody' }])
      expect(await graph.query(text, {}, headers)).toEqual({ data: { operator: null } });
  });
});

describe('gateway', () => {
  it('tells of the state, the streams and what changed, to those with ops:read', async () => {
    const graph = await startPinsGraph({ GATEWAY_KEYS });
    const text =
      '{ gateway { version streams polled pollSubscribers state { kind availability doubt } changes { at event provider } } }';
    expect((await graph.query(text, {}, ops)).data).toEqual({
      gateway: {
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        streams: 0,
        polled: 0,
        pollSubscribers: 0,
        state: { kind: 'MEMORY', availability: 'AVAILABLE', doubt: null },
        changes: [{ at: expect.any(String), event: 'STARTED', provider: null }],
      },
    });
    const refused = await graph.query(text);
    expect([refused.data, codesIn(refused)]).toEqual([{ gateway: null }, ['FORBIDDEN']]);
  });

  it('counts a subscription and what is polled for it', async () => {
    const graph = await startPinsGraph({ GATEWAY_KEYS });
    graph.acme.put({ requestid: 'seen', pin: { cid: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu' } });
    const leave = new AbortController();
    const events = graph.subscribe(
      'subscription { pinStatus(requestId: "seen") { status } }',
      {},
      undefined,
      leave.signal,
    );
    await events.next();
    const text = '{ gateway { streams polled pollSubscribers } }';
    expect((await graph.query(text, {}, ops)).data).toEqual({ gateway: { streams: 1, polled: 1, pollSubscribers: 1 } });
    leave.abort();
    await events.return(undefined).catch(() => undefined);
  });

  it('names a circuit that opened, and the provider', async () => {
    const graph = await startPinsGraph({ GATEWAY_KEYS, BREAKER_MIN_REQUESTS: '4' });
    graph.acme.answer(() => ({ status: 503, body: { error: { reason: 'DOWN' } } }));
    for (let round = 0; round < 4; round++) await graph.query('{ pin(requestId: "x") { id } }');
    const { data } = await graph.query<Gateway>('{ gateway { changes { event provider } } }', {}, ops);
    expect(data?.gateway.changes.map(({ event, provider }) => `${event} ${provider}`)).toEqual([
      'CIRCUIT_OPENED pinning:acme',
      'PROVIDER_FAILING pinning:acme',
      'STARTED null',
    ]);
  });
});

describe('a provider', () => {
  const text = '{ providers { name circuit standing lastSuccessAt lastFailureAt lastFailure } }';
  const events = '{ gateway { changes { event provider } } }';
  const acme = async (graph: Awaited<ReturnType<typeof startPinsGraph>>, headers = ops) => {
    const { data } = await graph.query<{ readonly providers: readonly { readonly name: string }[] }>(text, {}, headers);
    return data?.providers.find(({ name }) => name === 'pinning:acme');
  };

  it('is not asked yet, failing from the first failure on, and well again, and operators read of each', async () => {
    const graph = await startPinsGraph({ GATEWAY_KEYS });
    const none = { standing: 'NOT_ASKED', lastSuccessAt: null, lastFailureAt: null, lastFailure: null };
    expect(await acme(graph)).toMatchObject({ circuit: 'CLOSED', ...none });
    graph.acme.answer(() => ({ status: 401, body: { error: { reason: 'UNAUTHORIZED' } } }));
    await graph.query('{ pin(requestId: "x") { id } }');
    const failing = { standing: 'FAILING', lastFailureAt: expect.any(String), lastFailure: 'UPSTREAM_AUTH_FAILED' };
    expect(await acme(graph)).toMatchObject({ circuit: 'CLOSED', lastSuccessAt: null, ...failing });
    expect(await acme(graph, { 'x-gateway-key': 'of nobody' })).toMatchObject({ ...none, standing: null });
    graph.acme.answer(() => ({ body: { count: 0, results: [] } }));
    await graph.query('{ pins(first: 1) { nodes { name } } }');
    expect(await acme(graph)).toMatchObject({ ...failing, standing: 'WELL', lastSuccessAt: expect.any(String) });
    const { data } = await graph.query<Gateway>(events, {}, ops);
    expect(data?.gateway.changes.map(({ event, provider }) => `${event} ${provider}`)).toEqual([
      'PROVIDER_RECOVERED pinning:acme',
      'PROVIDER_FAILING pinning:acme',
      'STARTED null',
    ]);
  });

  it('shows its latency and the budget that it announced, to operators alone', async () => {
    const graph = await startPinsGraph({ GATEWAY_KEYS });
    const headers = { 'x-ratelimit-limit': '180', 'x-ratelimit-remaining': '41', 'x-ratelimit-reset': '60' };
    graph.acme.answer(() => ({ body: { count: 1, results: [wirePin('one')] }, headers }));
    const text = '{ providers { name latencyMs budget { remaining limit resetsAt } } }';
    const before = await graph.query(text, {}, ops);
    expect(before.data?.['providers']).toContainEqual({ name: 'pinning:acme', latencyMs: null, budget: null });
    await graph.query('{ pins(first: 1) { nodes { name } } }');
    const shown = {
      name: 'pinning:acme',
      latencyMs: expect.any(Number),
      budget: { remaining: 41, limit: 180, resetsAt: expect.any(String) },
    };
    expect((await graph.query(text, {}, ops)).data?.['providers']).toContainEqual(shown);
    expect((await graph.query(text, {}, {})).data?.['providers']).toContainEqual({
      name: 'pinning:acme',
      latencyMs: null,
      budget: null,
    });
  });
});

it('the last hour is kept, each change once, and not for ever', () => {
  let now = 0;
  const changes = createChanges(() => now);
  changes.note('STARTED');
  changes.note('CIRCUIT_OPENED', 'pi');
  changes.note('CIRCUIT_OPENED', 'pi');
  changes.note('CIRCUIT_OPENED', 'mypit');
  expect(changes.lastHour().map(({ provider }) => provider)).toEqual(['mypit', 'pi', null]);
  now = 3_599_999;
  changes.note('CIRCUIT_CLOSED', 'pi');
  now = 3_600_001;
  expect(changes.lastHour()).toEqual([{ at: 3_599_999, event: 'CIRCUIT_CLOSED', provider: 'pi' }]);
  for (let round = 0; round < 500; round += 1) changes.note(round % 2 ? 'CIRCUIT_OPENED' : 'CIRCUIT_CLOSED', 'pi');
  expect(changes.lastHour().length).toBe(200);
});

it('the median is of the last fifty', () => {
  const times = new RecentTimes();
  expect(times.median()).toBeUndefined();
  for (const ms of [9, 1, 5]) times.add(ms);
  expect(times.median()).toBe(5);
  for (let at = 0; at < 50; at += 1) times.add(100);
  expect(times.median()).toBe(100);
});
