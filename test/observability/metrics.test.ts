import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import type { CallScope } from '../../src/upstream/http.js';
import { createReadCache } from '../../src/providers/bitminter/read-cache.js';
import { cids, wirePin } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { closing, onePin, operator, startWholeApp, type WholeApp } from './observed-app.js';

const opened = closing();
afterEach(() => opened.all());

const start = async (...args: Parameters<typeof startWholeApp>) => opened.add(await startWholeApp(...args));
const get = (app: WholeApp, headers: Record<string, string> = {}) =>
  app.app.fetch(new Request(`${app.url}/metrics`, { headers }));

/** One scrape: each series by its name and labels, without the `headgate_` in front. */
async function scrape(app: WholeApp): Promise<ReadonlyMap<string, number>> {
  const text = await (await get(app, operator)).text();
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    rows.map((row) => {
      const cut = row.lastIndexOf(' ');
      return [row.slice(0, cut).replace(/^headgate_/, ''), Number(row.slice(cut + 1))];
    }),
  );
}

const pins = '{ pins(first: 1) { nodes { status } } }';
const pin = '{ pin(requestId: "x") { status } }';

describe('metrics', () => {
  it('count upstream calls by how they ended, with their time and repetitions', async () => {
    let asked = 0;
    const app = await start(
      {},
      { pinning: (request, response) => (++asked === 1 ? { status: 503 } : onePin(request, response)) },
    );
    await app.query(pin, undefined, operator);
    app.pinning.answer(() => ({ status: 403, body: { error: { reason: 'FORBIDDEN' } } }));
    await app.query(pin, undefined, operator);
    const seen = await scrape(app);
    const call = 'provider="pinning:acme",operation="getPinByRequestId"';
    expect(seen.get(`upstream_calls_total{${call},outcome="ok"}`)).toBe(1);
    expect(seen.get(`upstream_calls_total{${call},outcome="forbidden"}`)).toBe(1);
    expect(seen.get(`upstream_retries_total{${call}}`)).toBe(1);
    expect(seen.get(`upstream_call_seconds_count{${call}}`)).toBe(2);
    expect(seen.get(`upstream_call_seconds_bucket{le="20",${call}}`)).toBe(2);
  });

  it('count calls that found no room, whose callers are told when to come again', async () => {
    const app = await start({ UPSTREAM_CONCURRENCY: '1' });
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    app.pinning.answer(async (request, response) => (await released, onePin(request, response)));
    const first = app.query(pins, undefined, operator);
    await until(() => app.pinning.requests.length === 1);
    expect((await app.query(pin, undefined, operator)).errors).toEqual([
      expect.objectContaining({
        message: 'Too many calls to this provider are under way. Try again in a moment.',
        extensions: expect.objectContaining({ code: 'OVERLOADED', provider: 'pinning:acme', retryAfterMs: 1_000 }),
      }),
    ]);
    release();
    await first;
    const seen = await scrape(app);
    expect(
      seen.get('upstream_calls_total{provider="pinning:acme",operation="getPinByRequestId",outcome="overloaded"}'),
    ).toBe(1);
    expect(seen.get('operations_refused_total'), 'which counts what is refused unread').toBe(0);
  });

  it('show circuits, what is in flight and what waits', async () => {
    const app = await start({ UPSTREAM_CONCURRENCY: '1', BREAKER_MIN_REQUESTS: '3' });
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    app.pinning.answer(async (request, response) => (await released, onePin(request, response)));
    const running = [app.query(pins, undefined, operator), app.query(pin, undefined, operator)];
    await until(() => app.pinning.requests.length === 1);
    const busy = await scrape(app);
    expect(busy.get('upstream_in_flight{provider="pinning:acme",class="server",effect="read"}')).toBe(1);
    expect(busy.get('upstream_queued{provider="pinning:acme",class="server",effect="read"}')).toBe(1);
    expect(busy.get('upstream_circuit{provider="pinning:acme",class="server",effect="read"}')).toBe(0);
    release();
    await Promise.all(running);
    app.pinning.answer(() => ({ status: 502 }));
    for (let tries = 0; tries < 4; tries += 1) await app.query(pin, undefined, operator);
    const broken = await scrape(app);
    expect(broken.get('upstream_circuit{provider="pinning:acme",class="server",effect="read"}')).toBe(2);
    expect(broken.get('upstream_circuit{provider="pinning:acme",class="server",effect="write"}')).toBe(0);
    expect(broken.get('upstream_in_flight{provider="pinning:acme",class="server",effect="read"}')).toBe(0);
  });

  it('count operations by kind and code, refused requests too', async () => {
    const app = await start();
    await app.query(pins, undefined, operator);
    await app.query(pins, undefined, {});
    await app.query('{');
    await app.overWebSocket(pin);
    const seen = await scrape(app);
    expect(seen.get('operations_total{kind="query",transport="http",result="ok"}')).toBe(1);
    expect(seen.get('operations_total{kind="query",transport="http",result="error"}')).toBe(1);
    expect(seen.get('operations_total{kind="query",transport="websocket",result="ok"}')).toBe(1);
    expect(seen.get('operations_total{kind="none",transport="http",result="error"}')).toBe(1);
    expect(seen.get('operation_errors_total{kind="query",code="UNAUTHENTICATED"}')).toBe(1);
    expect(seen.get('operation_errors_total{kind="none",code="GRAPHQL_PARSE_FAILED"}')).toBe(1);
    expect(seen.get('operation_seconds_count{kind="query"}')).toBe(3);
  });

  it('follow streams and polls', async () => {
    const app = await start(
      {},
      {
        pinning: ({ path }) => ({
          body: path === '/pins' ? { count: 0, results: [] } : wirePin('x', { status: 'pinning' }),
        }),
      },
    );
    const events = app.subscribe('subscription { pinStatus(requestId: "x") { status } }', undefined, operator);
    await events.next();
    const open = await scrape(app);
    expect([open.get('streams_open'), open.get('polled_objects'), open.get('poll_subscribers')]).toEqual([1, 1, 1]);
    expect(open.get('poll_reads_total{result="ok"}')).toBeGreaterThan(0);
    app.pinning.answer(() => ({ body: wirePin('x', { status: 'pinned' }) }));
    for await (const event of events) void event;
    const over = await scrape(app);
    expect([over.get('streams_open'), over.get('polled_objects'), over.get('poll_subscribers')]).toEqual([0, 0, 0]);
    expect(over.get('stream_events_total{transport="http"}')).toBe(2);
    expect(over.get('stream_seconds_count{transport="http"}')).toBe(1);
    expect(over.has('operation_seconds_count{kind="subscription"}')).toBe(false);
    const [line] = app.logged('operation');
    expect(line).toMatchObject({ kind: 'subscription', transport: 'http', events: 2, ms: expect.any(Number) });
  });

  it('count remembered identities', async () => {
    const app = await start();
    const user = { authorization: 'Bearer some-token' };
    await app.query('{ me { uid } }', undefined, user);
    await app.query('{ me { uid } }', undefined, user);
    app.pi.answer(() => ({ status: 401 }));
    for (let tries = 0; tries < 2; tries += 1)
      await app.query('{ me { uid } }', undefined, { authorization: 'Bearer other' });
    const seen = await scrape(app);
    expect(
      ['hit', 'miss', 'refused'].map((result) =>
        seen.get(`cache_lookups_total{cache="identities",result="${result}"}`),
      ),
    ).toEqual([1, 2, 1]);
  });

  it("hear of each read that the pool's memory could answer", async () => {
    const lookups: boolean[] = [];
    const reads = createReadCache({
      provider: 'bitminter',
      baseUrl: 'http://pool.test',
      ttlMs: 60_000,
      timeoutMs: 1_000,
      onLookup: (hit) => lookups.push(hit),
    });
    const scope: CallScope = { fingerprint: 'public', credential: 'none', deadline: monotonicNow() + 5_000 };
    for (let times = 0; times < 2; times += 1) await reads.get({ path: '/stats', scope, load: async () => 1 });
    expect(lookups).toEqual([false, true]);
  });

  it('count writes by how they ended', async () => {
    const app = await start();
    const add = `mutation($key: String) { addPin(input: { cid: "${cids.a}", idempotencyKey: $key }) { __typename } }`;
    app.pinning.answer(({ method }) =>
      method === 'POST' ? { status: 202, body: wirePin('made') } : { body: { count: 0, results: [] } },
    );
    await app.query(add, { key: 'one' }, operator);
    await app.query(add, { key: 'one' }, operator);
    app.pinning.answer(({ method }) =>
      method === 'POST'
        ? { status: 409, body: { error: { reason: 'INSUFFICIENT_FUNDS' } } }
        : { body: { count: 0, results: [] } },
    );
    await app.query(add, { key: 'two' }, operator);
    app.pinning.answer(({ method }, response) =>
      method === 'POST' ? void response.destroy() : { body: { count: 0, results: [] } },
    );
    await app.query(add, { key: 'three' }, operator);
    const seen = await scrape(app);
    expect(
      ['done', 'replayed', 'rejected', 'unknown'].map((end) =>
        seen.get(`writes_total{operation="addPin",end="${end}"}`),
      ),
    ).toEqual([1, 1, 1, 1]);
  });

  it("hold the process's own figures and the lag of the event loop", async () => {
    const seen = await scrape(await start());
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
    ])
      expect(seen.has(name)).toBe(true);
  });

  it('have no label that a client could fill', async () => {
    const app = await start();
    const ask = async (name: string) => {
      await app.query(`query ${name} { pin(requestId: "${name}") { status } unknown_${name}: __typename }`, undefined, {
        ...operator,
        'x-request-id': name,
      });
      await app.query(`query ${name} { ${name} }`, undefined, { authorization: `Bearer ${name}` });
    };
    await ask('warmUp');
    const before = new Set((await scrape(app)).keys());
    for (let number = 0; number < 20; number += 1) await ask(`Chosen${number}`);
    const after = [...(await scrape(app)).keys()];
    const unbounded = after.filter((series) => !before.has(series) && !/^(nodejs|process)_/.test(series));
    expect(unbounded).toEqual([]);
    expect(after.join()).not.toMatch(/warmUp|Chosen/);
  });

  it("are not counted together with another gateway's", async () => {
    const [one, other] = [await start(), await start()];
    await one.query(pin, undefined, operator);
    expect([...(await scrape(other)).keys()].filter((series) => series.startsWith('upstream_calls_total'))).toEqual([]);
  });
});

describe('who may read metrics', () => {
  it('is everybody outside production', async () => {
    const answer = await get(await start());
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
  });

  it('is whoever holds an operator key in production', async () => {
    const app = await start({ NODE_ENV: 'production' });
    expect((await get(app)).status).toBe(404);
    expect((await get(app, { 'x-gateway-key': 'not one' })).status).toBe(404);
    expect((await get(app, operator)).status).toBe(200);
  });

  it('is nobody when they are off', async () => {
    expect((await get(await start({ METRICS: 'off' }), operator)).status).toBe(404);
  });
});
