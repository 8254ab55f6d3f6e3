import { describe, expect, it, vi } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { createHealth } from '../../src/access/health.js';
import { createRateLimit } from '../../src/access/rate-limit.js';
import { createStreamLimits } from '../../src/access/stream-limits.js';
import { GatewayError } from '../../src/errors.js';
import type { OperationScope, Provider } from '../../src/providers/provider.js';
import { cids, closeAfterEach, codesIn, callers, errorAt, globalId, startPinsGraph } from '../support/graph-pins.js';

closeAfterEach();

describe('open streams', () => {
  it('are counted for each caller and for all, and places come back once', () => {
    const limits = createStreamLimits({ total: 3, perCaller: 2 });
    const [first, second] = [limits.open('a'), limits.open('a')];
    expect(() => limits.open('a')).toThrow(expect.objectContaining({ code: 'SUBSCRIPTION_LIMIT' }));
    limits.open('b');
    expect(() => limits.open('c')).toThrow(expect.objectContaining({ code: 'SUBSCRIPTION_LIMIT' }));
    expect(limits.size).toBe(3);
    first();
    first();
    expect(limits.size).toBe(2);
    second();
    limits.open('a');
    limits.open('a');
    expect(limits.size).toBe(3);
  });
});

describe('a rate limit', () => {
  it('is off at 0, and per caller otherwise', async () => {
    expect(await createRateLimit(0)).toBeUndefined();
    const limit = await createRateLimit(2);
    await limit?.('a');
    await limit?.('a');
    const refusal = await limit?.('a')?.catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(GatewayError);
    expect(refusal).toMatchObject({ code: 'TOO_MANY_REQUESTS', details: { retryAfterMs: expect.any(Number) } });
    await limit?.('b');
  });

  it('counts calls to upstreams, not operations, and sends nothing beyond', async () => {
    const graph = await startPinsGraph({ RATE_LIMIT_PER_MINUTE: '3' });
    graph.acme.put({ requestid: 'x', pin: { cid: cids.a } });
    for (let time = 0; time < 5; time++)
      expect((await graph.query('{ pinningServices { name } }')).errors).toBeUndefined();
    const answer = await graph.query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: ['x', 'y', 'z', 'w'].map((id) => globalId('acme', id)),
    });
    expect(codesIn(answer)).toEqual(['TOO_MANY_REQUESTS']);
    expect(errorAt(answer, 'nodes', 3).extensions).toMatchObject({ retryable: true, retryAfterMs: expect.any(Number) });
    expect(graph.sent()).toBe(3);
    const change = await graph.query(`mutation { addPin(input: { cid: "${cids.a}" }) { __typename } }`);
    expect(codesIn(change)).toEqual(['TOO_MANY_REQUESTS']);
    expect(graph.sent()).toBe(3);
    expect((await graph.query('{ pin(requestId: "x") { status } }', {}, callers.token)).data).toEqual({
      pin: { status: 'QUEUED' },
    });
  });
});

describe('health', () => {
  const scope = (changes: Partial<OperationScope> = {}): OperationScope => ({
    deadline: monotonicNow() + 1_000,
    ...changes,
  });

  function fakeProvider(ping: Provider['ping']): Provider {
    return {
      ping,
      health: () => [
        { name: 'p', enabled: true, credential: true, circuit: 'CLOSED', standing: 'WELL', lastSuccessAt: 5 },
        {
          name: 'off',
          enabled: false,
          credential: false,
          circuit: 'CLOSED',
          standing: 'NOT_ASKED',
          lastSuccessAt: undefined,
        },
      ],
    };
  }

  it('is for operators, beyond names', async () => {
    const ping = vi.fn(async () => undefined);
    const health = createHealth([fakeProvider(ping)]);
    const [theirs] = health.report(false, scope);
    expect(theirs).toMatchObject({ name: 'p', enabled: true, circuit: null, standing: null, lastSuccessAt: null });
    expect(await theirs?.reachable()).toBeNull();
    expect(ping).not.toHaveBeenCalled();
    const [mine, off] = health.report(true, scope);
    expect(mine).toMatchObject({ circuit: 'CLOSED', standing: 'WELL', lastSuccessAt: 5 });
    expect([await mine?.reachable(), await off?.reachable()]).toEqual([true, false]);
  });

  it('is asked for once in thirty seconds, by all together', async () => {
    const ping = vi.fn(async () => undefined);
    const health = createHealth([fakeProvider(ping)]);
    await Promise.all(
      [1, 2, 3].flatMap(() =>
        health
          .report(true, scope)
          .slice(0, 1)
          .map((report) => report.reachable()),
      ),
    );
    expect(ping).toHaveBeenCalledTimes(1);
  });

  it('does not depend on who asked first', async () => {
    const abort = new AbortController();
    const ping = vi.fn(async (_name: string, { signal, onAttempt }: OperationScope) => {
      await onAttempt?.('p', 'ping');
      await Promise.resolve();
      signal?.throwIfAborted();
    });
    const health = createHealth([fakeProvider(ping)]);
    const leaving = health.report(true, () => scope({ signal: abort.signal }))[0]?.reachable();
    abort.abort();
    expect(await leaving).toBe(true);
    expect(await health.report(true, scope)[0]?.reachable()).toBe(true);

    const other = createHealth([fakeProvider(ping)]);
    const poor = scope({
      onAttempt: () => {
        throw new GatewayError('TOO_MANY_REQUESTS', 'Too many.');
      },
    });
    await expect(other.report(true, () => poor)[0]?.reachable()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    expect(await other.report(true, scope)[0]?.reachable()).toBe(true);

    const disabled = createHealth([
      fakeProvider(async () => {
        throw new GatewayError('PROVIDER_DISABLED', 'No key.');
      }),
    ]);
    expect(await disabled.report(true, scope)[0]?.reachable()).toBe(false);
  });

  it("shows at the graph, with a ping of the server's credential", async () => {
    const graph = await startPinsGraph();
    graph.other.answer(() => ({ status: 401 }));
    const text = '{ providers { name enabled circuit lastSuccessAt reachable } }';
    const answer = await graph.query<{ providers: { name: string }[] }>(text);
    expect(answer.data?.providers.filter(({ name }) => name.startsWith('pinning:'))).toEqual([
      { name: 'pinning:acme', enabled: true, circuit: 'CLOSED', lastSuccessAt: null, reachable: true },
      { name: 'pinning:other', enabled: true, circuit: 'CLOSED', lastSuccessAt: null, reachable: false },
    ]);
    expect(graph.acme.requests.map((request) => [request.url, request.headers.authorization])).toEqual([
      ['/pins?status=pinned&limit=1', 'Bearer acme-token-CANARY'],
    ]);
    await graph.query(text, {}, callers.piOperator);
    expect(graph.acme.requests).toHaveLength(1);
  });
});
