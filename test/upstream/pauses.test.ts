import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { Pauses, retryAfterMs } from '../../src/upstream/pauses.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, failure, read, scope, write } from './support.js';

const open = cleanup();
afterEach(() => open.run());

/** Answers 429 with these headers once, then 200. */
async function limited(headers: Record<string, string>) {
  let first = true;
  return open.add(
    await fakeUpstream(() => {
      const answer = first ? { status: 429, headers } : { body: 'fine' };
      first = false;
      return answer;
    }),
  );
}

test('a short Retry-After is waited for by a read', async () => {
  const upstream = await limited({ 'retry-after': '1' });
  const { client } = open.add(harness(upstream.url));
  const startedAt = Date.now();
  expect(await client.call(read({ retries: 1 }), scope())).toBe('fine');
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(990);
  expect(upstream.requests).toHaveLength(2);
});

test.each(['0', '-3', 'Mon, 01 Jan 2001 00:00:00 GMT', 'soon'])(
  'Retry-After %s is no wish: normal backoff',
  async (value) => {
    const upstream = await limited({ 'retry-after': value });
    const { client } = open.add(harness(upstream.url));
    expect(await client.call(read({ retries: 1 }), scope())).toBe('fine');
    expect(client.pausedUntil('fp')).toBe(0);
  },
);

test('a long Retry-After fails at once and pauses this credential alone, for a minute at most', async () => {
  const upstream = await limited({ 'retry-after': '3600' });
  const { client, facts } = open.add(harness(upstream.url));
  const error = await failure(client.call(read({ retries: 2 }), scope()));
  expect(error).toMatchObject({ kind: 'rate_limited', status: 429, delivery: 'answered', retryAfterMs: 3_600_000 });
  expect(client.pausedUntil('fp')).toBeLessThanOrEqual(Date.now() + 60_000);
  expect(client.pausedUntil('fp', 'any')).toBe(client.pausedUntil('fp'));

  const paused = await failure(client.call(write(), scope()));
  expect(paused).toMatchObject({ kind: 'rate_limited', delivery: 'unsent' });
  expect(paused.retryAfterMs).toBeGreaterThan(59_000);
  expect(upstream.requests).toHaveLength(1);
  expect(facts[1]).toMatchObject({ kind: 'rate_limited', attempts: 0 });

  expect(await client.call(read(), scope({ fingerprint: 'other' }))).toBe('fine');
});

test('a Retry-After beyond the deadline fails at once, as a date too', async () => {
  const upstream = await limited({ 'retry-after': new Date(Date.now() + 4000).toUTCString() });
  const { client } = open.add(harness(upstream.url));
  const error = await failure(client.call(read({ retries: 2 }), scope({ deadline: monotonicNow() + 1000 })));
  expect(error.kind).toBe('rate_limited');
  expect(error.retryAfterMs).toBeGreaterThan(1000);
  expect(upstream.requests).toHaveLength(1);
});

test('a write that is limited is not sent again, and the next call waits for the end of the pause', async () => {
  const upstream = await limited({ 'retry-after': '1' });
  const { client } = open.add(harness(upstream.url));
  expect(await failure(client.call(write(), scope()))).toMatchObject({ kind: 'rate_limited', retryAfterMs: 1000 });
  expect(upstream.requests).toHaveLength(1);
  const until = client.pausedUntil('fp');
  expect(await client.call(write(), scope())).toBe('fine');
  expect(Date.now()).toBeGreaterThanOrEqual(until);
});

test('a 503 with a long Retry-After keeps its kind, tells the wait and pauses nobody', async () => {
  const upstream = open.add(await fakeUpstream(() => ({ status: 503, headers: { 'retry-after': '30' } })));
  const { client } = open.add(harness(upstream.url));
  expect(await failure(client.call(read({ retries: 2 }), scope()))).toMatchObject({
    kind: 'unavailable',
    retryAfterMs: 30_000,
  });
  expect(upstream.requests).toHaveLength(1);
  expect(client.pausedUntil('fp')).toBe(0);
});

test('an empty budget pauses its lane of its credential, and nothing else', async () => {
  const resetAt = Math.floor(Date.now() / 1000) + 30;
  const upstream = open.add(
    await fakeUpstream((request) => ({
      body: 'fine',
      headers:
        request.path === '/list'
          ? { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(resetAt) }
          : {},
    })),
  );
  const { client } = open.add(harness(upstream.url));
  const list = read({ path: '/list', lane: 'list' });
  await client.call(list, scope());
  expect(client.budget('fp', 'list')).toEqual({ remaining: 0, limit: 5, resetAt: expect.closeTo(resetAt * 1000, -1) });
  expect(client.pausedUntil('fp', 'list')).toBeCloseTo(resetAt * 1000, -1);
  expect(client.pausedUntil('fp')).toBe(0);
  expect(await failure(client.call(list, scope()))).toMatchObject({ kind: 'rate_limited', delivery: 'unsent' });
  expect(await client.call(read(), scope())).toBe('fine');
  expect(await client.call(read({ lane: 'other' }), scope())).toBe('fine');
  expect(await client.call(list, scope({ fingerprint: 'other' }))).toBe('fine');
  expect(upstream.requests.map((request) => request.path)).toEqual(['/list', '/thing', '/thing', '/list']);
});

test('a client that leaves during a pause ends the call', async () => {
  const upstream = await limited({ 'retry-after': '4' });
  const { client } = open.add(harness(upstream.url));
  await failure(client.call(write(), scope()));
  const leaving = new AbortController();
  const calling = client.call(read(), scope({ signal: leaving.signal }));
  leaving.abort(new Error('client left'));
  await expect(calling).rejects.toThrow('client left');
  expect(upstream.requests).toHaveLength(1);
});

describe('Pauses', () => {
  const now = Date.UTC(2026, 0, 1);
  beforeEach(() => void vi.useFakeTimers({ now }));
  afterEach(() => void vi.useRealTimers());
  const rate = (remaining: string, reset: string) => ({
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': reset,
  });

  test.each([
    ['epoch seconds', String(now / 1000 + 20), now + 20_000],
    ['seconds from now', '20', now + 20_000],
    ['more than a minute ahead', String(now / 1000 + 900), now + 60_000],
  ])('reads a reset in %s', (_name, reset, resetAt) => {
    const pauses = new Pauses();
    pauses.note('fp', 'list', rate('3', reset), now);
    expect(pauses.budget('fp', 'list', now)).toEqual({ remaining: 3, resetAt });
    expect(pauses.budget('fp', 'list', resetAt)).toBeUndefined();
    expect(pauses.until('fp', 'list', now)).toBe(0);
  });

  test.each([
    ['3', 'soon'],
    ['3', '0'],
    ['3', String(now / 1000 - 5)],
    ['many', '20'],
    ['', '20'],
  ])('makes nothing of remaining %j and reset %j', (remaining, reset) => {
    const pauses = new Pauses();
    pauses.note('fp', 'list', rate(remaining, reset), now);
    expect(pauses.budget('fp', 'list', now)).toBeUndefined();
  });

  test('a pause is not shortened by another machine that has budget left', () => {
    const pauses = new Pauses();
    pauses.note('fp', 'list', rate('0', '20'), now);
    pauses.note('fp', 'list', rate('4', '40'), now);
    expect(pauses.until('fp', 'list', now)).toBe(now + 20_000);
    expect(pauses.until('fp', 'list', now + 20_000)).toBe(0);
  });

  test('a 429 without Retry-After goes by the reset, for its lane or without one for the credential', () => {
    const pauses = new Pauses();
    expect(pauses.refused('a', 'list', rate('0', '20'), now)).toBe(20_000);
    expect([pauses.until('a', 'list', now), pauses.until('a', undefined, now)]).toEqual([now + 20_000, 0]);
    expect(pauses.refused('b', undefined, rate('0', '20'), now)).toBe(20_000);
    expect(pauses.until('b', 'list', now)).toBe(now + 20_000);
    expect(pauses.refused('c', undefined, {}, now)).toBeUndefined();
  });

  test('remembers a bounded number of credentials', () => {
    const pauses = new Pauses();
    for (let i = 0; i <= 10_000; i++) pauses.refused(`fp${i}`, undefined, { 'retry-after': '9' }, now);
    expect(pauses.until('fp0', undefined, now)).toBe(0);
    expect(pauses.until('fp1', undefined, now)).toBe(now + 9000);
  });

  test.each([
    ['2', 2000],
    ['0.5', 500],
    [new Date(now + 3000).toUTCString(), 3000],
    ['1e3', undefined],
    ['', undefined],
  ])('Retry-After %j', (value, wait) => {
    expect(retryAfterMs({ 'retry-after': value }, now)).toBe(wait);
  });
});

test('calls that leave together spend a budget and do not overrun it', async () => {
  let left = 5;
  const resetAt = Math.floor(Date.now() / 1000) + 30;
  const upstream = open.add(
    await fakeUpstream(() => {
      left -= 1;
      const headers = {
        'x-ratelimit-limit': '5',
        'x-ratelimit-remaining': String(left),
        'x-ratelimit-reset': String(resetAt),
      };
      return left < 0 ? { status: 429, headers } : { body: 'fine', headers };
    }),
  );
  const { client } = open.add(harness(upstream.url));
  const ends = await Promise.allSettled(
    Array.from({ length: 8 }, (_, at) => client.call(read({ path: `/list?${at}`, lane: 'list' }), scope())),
  );
  expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(5);
  for (const end of ends)
    if (end.status === 'rejected')
      expect(end.reason).toMatchObject({ kind: 'rate_limited', delivery: 'unsent', retryAfterMs: expect.any(Number) });
  expect(upstream.requests).toHaveLength(5);
});

test('a 429 pauses the calls that rest with it alone, and none of them goes ahead of the others', async () => {
  let limited = true;
  const held: (() => void)[] = [];
  const upstream = open.add(
    await fakeUpstream(async ({ path }) => {
      if (path === '/ads' && limited) return { status: 429, headers: { 'retry-after': '60' } };
      if (path === '/pay') await new Promise<void>((resolve) => held.push(resolve));
      return { body: 'fine' };
    }),
  );
  const { client } = open.add(harness(upstream.url));
  const ads = read({ path: '/ads', restsWith: 'ads', retries: 0 });
  const money = write({ path: '/pay', restsWith: 'money' });
  expect(await failure(client.call(ads, scope()))).toMatchObject({ kind: 'rate_limited', retryAfterMs: 60_000 });
  limited = false;
  expect(await failure(client.call(ads, scope()))).toMatchObject({ kind: 'rate_limited', delivery: 'unsent' });
  expect(client.pausedUntil('fp')).toBe(0);
  expect([client.pausedUntil('fp', 'ads') > 0, client.pausedUntil('fp', 'money')]).toEqual([true, 0]);
  const both = [client.call(money, scope()), client.call(money, scope())];
  await expect.poll(() => held.length).toBe(2);
  for (const answer of held) answer();
  expect(await Promise.all(both)).toEqual(['fine', 'fine']);
  expect(await client.call(read({ path: '/else' }), scope())).toBe('fine');
});

test('a 429 in a lane pauses that lane alone, and who has patience waits for it', async () => {
  let refused = false;
  const upstream = open.add(
    await fakeUpstream((request) => {
      if (request.path !== '/list' || refused) return { body: 'fine' };
      refused = true;
      return { status: 429, headers: { 'retry-after': '1' } };
    }),
  );
  const { client } = open.add(harness(upstream.url));
  const list = read({ path: '/list', lane: 'list', retries: 0 });
  expect(await failure(client.call(list, scope()))).toMatchObject({ kind: 'rate_limited' });
  expect(client.pausedUntil('fp')).toBe(0);
  expect(await client.call(read(), scope())).toBe('fine');
  expect(await client.call(write(), scope())).toBe('fine');
  expect(await failure(client.call(list, scope({ patienceMs: 0 })))).toMatchObject({
    kind: 'rate_limited',
    delivery: 'unsent',
  });
  expect(await client.call(list, scope({ patienceMs: Infinity }))).toBe('fine');
});
