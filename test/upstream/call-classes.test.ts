import { afterEach, describe, expect, test } from 'vitest';
import type { CallScope } from '../../src/upstream/http.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, failure, otherRead, read, scope } from './support.js';

const open = cleanup();
afterEach(() => open.run());

/** Who is not answered is given up soon. */
const narrow = { upstreamConcurrency: 30, breakerMinRequests: 1_000, upstreamTimeoutMs: 2_000 };
const small = { breakerMinRequests: 4, breakerSleepMs: 10_000 };
const ours = (changes: Partial<CallScope> = {}) => scope({ credential: 'server', fingerprint: 'ours', ...changes });
const theirs = (name = 'theirs') => scope({ credential: 'caller', fingerprint: name, caller: () => `address:${name}` });

describe('calls with the credential of the server, of a caller, and about who a caller is', () => {
  test.each([500, 502, 503, 504])('callers who are answered %i open the circuit of callers alone', async (status) => {
    const upstream = open.add(
      await fakeUpstream(({ headers }) => (headers['x-ours'] === 'yes' ? { body: 'ok' } : { status })),
    );
    const { client, http } = open.add(harness(upstream.url, small));
    for (let i = 0; i < 10; i += 1) await failure(client.call(otherRead(), theirs()));
    for (let i = 0; i < 10; i += 1) await failure(client.call(otherRead({ asksWho: true }), theirs()));
    expect(await failure(client.call(otherRead(), theirs()))).toMatchObject({ kind: 'circuit_open' });
    expect(await failure(client.call(otherRead({ asksWho: true }), theirs()))).toMatchObject({ kind: 'circuit_open' });
    expect(await client.call(read({ headers: { 'x-ours': 'yes' } }), ours())).toBe('ok');
    expect(client.state().circuit).toBe('CLOSED');
    expect(http.load().map(({ class: name, effect, circuit }) => `${name} ${effect} ${circuit}`)).toEqual([
      'server read CLOSED',
      'server write CLOSED',
      'caller read OPEN',
      'caller write CLOSED',
      'identity read OPEN',
      'identity write CLOSED',
    ]);
  });

  test('silence towards callers leaves the room of the server as wide as it was', async () => {
    const upstream = open.add(
      await fakeUpstream(({ headers }) => (headers['x-ours'] === 'yes' ? { body: 'ok' } : undefined)),
    );
    const { client } = open.add(harness(upstream.url, narrow));
    const leaver = new AbortController();
    const silent = Promise.allSettled(
      Array.from({ length: 40 }, (_, i) => client.call(otherRead(), { ...theirs(String(i)), signal: leaver.signal })),
    );
    await expect.poll(() => upstream.requests.length).toBe(30);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.call(otherRead({ headers: { 'x-ours': 'yes' } }), ours())),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, () => 'ok'));
    leaver.abort();
    await silent;
  });

  test('a host that cannot be connected to is away for all', async () => {
    const upstream = await fakeUpstream(() => ({ body: 'ok' }));
    const { client } = open.add(harness(upstream.url, small));
    await upstream.close();
    for (let i = 0; i < 4; i += 1) await failure(client.call(otherRead(), theirs()));
    expect(await failure(client.call(otherRead(), ours()))).toMatchObject({ kind: 'circuit_open' });
    expect(client.state().circuit).toBe('OPEN');
  });

  test('a 500 counts when three requests of different shape got one, and not when a stranger chose what to ask', async () => {
    const upstream = open.add(await fakeUpstream(() => ({ status: 500 })));
    const { client } = open.add(harness(upstream.url, small));
    for (let i = 0; i < 10; i += 1) await failure(client.call(read(), ours()));
    for (let i = 0; i < 10; i += 1) await failure(client.call(read({ path: '/other' }), ours()));
    for (let i = 0; i < 10; i += 1) await failure(client.call(otherRead(), ours({ byStranger: true })));
    expect(client.state().circuit).toBe('CLOSED');
    await failure(client.call(read({ path: '/third' }), ours()));
    expect(client.state().circuit).toBe('OPEN');
  });

  test('pauses of ten thousand made-up credentials do not crowd out the pause of ours', async () => {
    const upstream = open.add(await fakeUpstream(() => ({ status: 429, headers: { 'retry-after': '60' } })));
    const { client } = open.add(harness(upstream.url));
    await failure(client.call(read({ lane: 'list' }), ours()));
    expect(client.pausedUntil('ours', 'list')).toBeGreaterThan(0);
    for (let i = 0; i < 10_050; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, j) => failure(client.call(read({ lane: 'list' }), theirs(`made up ${i + j}`)))),
      );
    expect(client.pausedUntil('ours', 'list')).toBeGreaterThan(0);
  });

  test('one caller has at most half of the room of all callers', async () => {
    const upstream = open.add(await fakeUpstream(() => undefined));
    const { client } = open.add(harness(upstream.url, narrow));
    const leaver = new AbortController();
    const leaving = (name?: string): CallScope => ({ ...theirs(name), signal: leaver.signal });
    const silent = Promise.allSettled(Array.from({ length: 40 }, () => client.call(otherRead(), leaving())));
    await expect.poll(() => upstream.requests.length).toBe(15);
    const other = Promise.allSettled([client.call(otherRead(), leaving('another'))]);
    await expect.poll(() => upstream.requests.length).toBe(16);
    leaver.abort();
    await Promise.all([silent, other]);
  });
});
