import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { Breaker, type Verdict } from '../../src/upstream/breaker.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, failure, rawServer, otherRead, read, scope, write } from './support.js';

const open = cleanup();
afterEach(() => open.run());

describe('Breaker', () => {
  const settings = { breakerWindowMs: 1000, breakerMinRequests: 10, breakerSleepMs: 500 };
  function make() {
    const changes: string[] = [];
    const breaker = new Breaker(settings, (circuit) => changes.push(circuit));
    const feed = (verdict: Verdict, times: number, now: number, subject?: (i: number) => string) => {
      for (let i = 0; i < times; i++) {
        const pass = breaker.enter(now);
        if (pass === undefined) return i;
        breaker.leave(pass, verdict, subject?.(i) ?? `#${i}`, now);
      }
      return times;
    };
    return { breaker, changes, feed };
  }

  test('opens at half of enough attempts, not below', () => {
    const { breaker, feed } = make();
    feed('good', 5, 0);
    feed('bad', 4, 0);
    expect(breaker.circuit(0)).toBe('CLOSED');
    feed('bad', 1, 0);
    expect(breaker.circuit(0)).toBe('OPEN');
    expect(breaker.enter(499)).toBeUndefined();
  });

  test('stays closed with few attempts, with a healthy majority, and with failures that are too old', () => {
    const few = make();
    few.feed('bad', 9, 0);
    expect(few.breaker.circuit(0)).toBe('CLOSED');
    few.feed('bad', 9, 1000);
    expect(few.breaker.circuit(1000)).toBe('CLOSED');
    const healthy = make();
    for (let i = 0; i < 10; i++) {
      healthy.feed('good', 1, 0);
      healthy.feed('bad', 1, 0);
      // Half of them already, were it not for one more that was good.
      if (i === 0) healthy.feed('good', 1, 0);
    }
    expect(healthy.breaker.circuit(0)).toBe('CLOSED');
  });

  test('opens at enough failures in a row, however well it did before them', () => {
    const { breaker, feed } = make();
    feed('good', 1000, 0);
    feed('bad', 9, 10);
    expect(breaker.circuit(10)).toBe('CLOSED');
    feed('neutral', 5, 10);
    feed('bad', 1, 10);
    expect(breaker.circuit(10)).toBe('OPEN');
  });

  test('one good end between them makes a new row, and so does a time longer than the window', () => {
    const good = make();
    for (let i = 0; i < 50; i++) {
      good.feed('good', 10, i);
      good.feed('bad', 9, i);
    }
    expect(good.breaker.circuit(50)).toBe('CLOSED');
    const slow = make();
    slow.feed('good', 1000, 0);
    for (let now = 10; now < 5000; now += 120) slow.feed('bad', 1, now);
    expect(slow.breaker.circuit(5000)).toBe('CLOSED');
  });

  test('of 500s in a row the same three subjects are asked for', () => {
    const one = make();
    one.feed('good', 100, 0);
    one.feed('server_error', 50, 0, () => 'id1');
    expect(one.breaker.circuit(0)).toBe('CLOSED');
    one.feed('server_error', 2, 0, (i) => `other${i}`);
    expect(one.breaker.circuit(0)).toBe('OPEN');
  });

  test('opens exactly when half of enough in its window failed, or enough in a row did', () => {
    const end = fc.record({
      bad: fc.boolean(),
      after: fc.integer({ min: 0, max: 60 }),
      again: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(end, { maxLength: 40 }), (ends) => {
        const { breaker, feed } = make();
        let now = 0;
        let seen: { readonly bad: boolean; readonly slot: number }[] = [];
        for (const { bad, after, again } of ends) {
          now += after;
          for (let i = 0; i < again; i++) {
            feed(bad ? 'bad' : 'good', 1, now);
            seen.push({ bad, slot: Math.floor(now / 100) });
            // Whole slots of a tenth of the window are forgotten together.
            seen = seen.filter(({ slot }) => slot > Math.floor(now / 100) - 10);
            const row = seen.length - 1 - seen.findLastIndex((one) => !one.bad);
            const failed = seen.filter((one) => one.bad).length;
            const opens = bad && ((seen.length >= 10 && failed * 2 >= seen.length) || row >= 10);
            if ((breaker.circuit(now) === 'OPEN') !== opens) return false;
            if (opens) return true;
          }
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });

  test('lets one probe through after its sleep, closes on success with a clean window', () => {
    const { breaker, changes, feed } = make();
    feed('bad', 10, 0);
    expect(breaker.circuit(500)).toBe('HALF_OPEN');
    const probe = breaker.enter(500);
    expect(probe).toBeDefined();
    expect(breaker.enter(500)).toBeUndefined();
    breaker.leave(probe ?? -1, 'good', '', 510);
    expect(feed('bad', 9, 510)).toBe(9);
    expect(breaker.circuit(510)).toBe('CLOSED');
    expect(changes).toEqual(['OPEN', 'HALF_OPEN', 'CLOSED']);
  });

  test('sleeps again after a bad probe, as long as before', () => {
    const { breaker, feed } = make();
    feed('bad', 10, 0);
    expect(feed('bad', 3, 500)).toBe(1);
    expect(breaker.refuses(999)).toBe(true);
    expect(breaker.refuses(1000)).toBe(false);
  });

  test('a sleep counts from when the probe went out', () => {
    const { breaker, feed } = make();
    feed('bad', 10, 0);
    const [short, long] = [breaker.enter(500) ?? -1, () => breaker.enter(1000) ?? -1];
    breaker.leave(short, 'bad', '', 600);
    expect([breaker.refuses(999), breaker.refuses(1000)]).toEqual([true, false]);
    breaker.leave(long(), 'bad', '', 1800);
    expect([breaker.circuit(1800), breaker.refuses(1800)]).toEqual(['HALF_OPEN', false]);
  });

  test('a probe that says nothing makes room for the next', () => {
    const { breaker, feed } = make();
    feed('bad', 10, 0);
    expect(feed('neutral', 3, 500)).toBe(3);
    expect(breaker.circuit(500)).toBe('HALF_OPEN');
    feed('good', 1, 500);
    expect(breaker.circuit(500)).toBe('CLOSED');
  });

  test('an attempt from before the opening does not speak for the probe', () => {
    const { breaker, feed } = make();
    const old = breaker.enter(0) ?? -1;
    feed('bad', 10, 0);
    const probe = breaker.enter(500) ?? -1;
    breaker.leave(old, 'good', '', 501);
    expect(breaker.circuit(501)).toBe('HALF_OPEN');
    expect(breaker.enter(501)).toBeUndefined();
    breaker.leave(probe, 'good', '', 502);
    expect(breaker.circuit(502)).toBe('CLOSED');
  });

  test('neutral ends do not count at all', () => {
    const { breaker, feed } = make();
    feed('neutral', 50, 0);
    feed('bad', 9, 0);
    expect(breaker.circuit(0)).toBe('CLOSED');
    feed('bad', 1, 0);
    expect(breaker.circuit(0)).toBe('OPEN');
  });

  test('500s count once three subjects saw them; those without a subject each stand alone', () => {
    const two = make();
    two.feed('server_error', 50, 0, (i) => `id${i % 2}`);
    expect(two.breaker.circuit(0)).toBe('CLOSED');
    two.feed('server_error', 1, 0, () => 'id2');
    expect(two.breaker.circuit(0)).toBe('OPEN');
    const anonymous = make();
    expect(anonymous.feed('server_error', 50, 0)).toBe(10);
  });
});

const small = { breakerMinRequests: 4, breakerSleepMs: 100 };

test('opens on failures, refuses without touching the network, and recovers by one probe', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ status: 503 })));
  const { client, facts } = open.add(harness(upstream.url, small));
  for (let i = 0; i < 4; i++) await failure(client.call(read(), scope()));
  const { circuit, lastSuccessAt } = client.state();
  expect({ circuit, lastSuccessAt }).toEqual({ circuit: 'OPEN', lastSuccessAt: undefined });
  const onAttempt = () => {
    throw new Error('asked although nothing may leave');
  };
  expect(await failure(client.call(read({ retries: 2 }), scope({ onAttempt })))).toMatchObject({
    kind: 'circuit_open',
    delivery: 'unsent',
  });
  expect(facts.at(-1)).toMatchObject({ kind: 'circuit_open', attempts: 0 });
  expect(upstream.requests).toHaveLength(4);

  await expect.poll(() => client.state().circuit, { interval: 10 }).toBe('HALF_OPEN');
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  upstream.answer(async () => {
    await held;
    return { body: 'well' };
  });
  const probe = client.call(read(), scope());
  await expect.poll(() => upstream.requests.length, { interval: 5 }).toBe(5);
  const besides = await Promise.all([1, 2, 3].map(() => failure(client.call(otherRead(), scope()))));
  expect(besides.map((error) => error.kind)).toEqual(['circuit_open', 'circuit_open', 'circuit_open']);
  release();
  expect(await probe).toBe('well');
  expect(client.state().circuit).toBe('CLOSED');
  expect(client.state().lastSuccessAt).toBeGreaterThan(Date.now() - 5000);
  expect(await client.call(read(), scope())).toBe('well');
});

test('reads and writes, and other providers at the same address, have circuits of their own', async () => {
  const upstream = open.add(
    await fakeUpstream((request) => (request.method === 'GET' ? { status: 502 } : { body: 'ok' })),
  );
  const { client, http } = open.add(harness(upstream.url, small));
  for (let i = 0; i < 4; i++) await failure(client.call(read(), scope()));
  expect(await client.call(write(), scope())).toBe('ok');
  expect(http.client({ provider: 'acme', baseUrl: upstream.url })).toBe(client);
  const other = http.client({ provider: 'other', baseUrl: upstream.url });
  expect(other.state().circuit).toBe('CLOSED');
  expect(await failure(other.call(read(), scope()))).toMatchObject({ kind: 'unavailable', status: 502 });
});

const odd = (reason: 'html' | 'not_json' | 'empty' | 'identity_mismatch' | 'shape' | 'pagination_stuck') =>
  read({
    accept: () => {
      throw new UpstreamError('bad_response', { provider: 'acme', operation: 'getThing', delivery: 'unclear', reason });
    },
  });
test.each([
  ['OPEN', 'html', { body: 'x' }, odd('html')],
  ['OPEN', 'not_json', { body: 'x' }, odd('not_json')],
  ['OPEN', 'empty', { body: 'x' }, odd('empty')],
  ['OPEN', 'identity_mismatch', { body: 'x' }, odd('identity_mismatch')],
  ['OPEN', 'redirect', { status: 302 }, read()],
  ['OPEN', '504', { status: 504 }, read()],
  ['CLOSED', '500 of one request', { status: 500 }, read()],
  ['CLOSED', '500 of one subject', { status: 500 }, read({ subject: 'id1' })],
  ['CLOSED', 'shape', { body: 'x' }, odd('shape')],
  ['CLOSED', 'pagination_stuck', { body: 'x' }, odd('pagination_stuck')],
  ...[400, 401, 403, 404, 409, 429].map((status) => ['CLOSED', String(status), { status }, read()] as const),
] as const)('the circuit is %s after a row of %s', async (circuit, _name, answer, call) => {
  const upstream = open.add(await fakeUpstream(() => answer));
  const { client } = open.add(harness(upstream.url, small));
  for (let i = 0; i < 4; i++) await failure(client.call(call, scope()));
  expect(client.state().circuit).toBe(circuit);
});

test('resets and timeouts open it; clients that leave and callers that are refused do not', async () => {
  const resetting = open.add(await rawServer((socket) => socket.resetAndDestroy()));
  const one = open.add(harness(resetting.url, small)).client;
  for (let i = 0; i < 4; i++) await failure(one.call(read(), scope()));
  expect(one.state().circuit).toBe('OPEN');

  const silent = open.add(await rawServer(() => {}));
  const two = open.add(harness(silent.url, { ...small, upstreamTimeoutMs: 30 })).client;
  for (let i = 0; i < 4; i++) await failure(two.call(read(), scope()));
  expect(two.state().circuit).toBe('OPEN');

  const three = open.add(harness(silent.url, small)).client;
  for (let i = 0; i < 8; i++) {
    await expect(three.call(read(), scope({ signal: AbortSignal.timeout(5) }))).rejects.toThrow('timeout');
    await expect(
      three.call(
        read(),
        scope({
          onAttempt: () => {
            throw new Error('refused');
          },
        }),
      ),
    ).rejects.toThrow('refused');
  }
  expect(three.state().circuit).toBe('CLOSED');
});
