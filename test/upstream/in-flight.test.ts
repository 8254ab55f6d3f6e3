import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { Fault } from '../../src/upstream/fault.js';
import { InFlight } from '../../src/upstream/in-flight.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, failure, read, scope, write } from './support.js';

const open = cleanup();
afterEach(() => open.run());

/** An upstream that numbers its answers and holds the first ones back until it is told to give them. */
async function numbering() {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let count = 0;
  const upstream = open.add(
    await fakeUpstream(async ({ method }) => {
      const mine = (count += 1);
      if (method === 'GET') await held;
      return { body: JSON.stringify({ number: mine }) };
    }),
  );
  const { client } = open.add(harness(upstream.url, { upstreamTimeoutMs: 3_000 }));
  const seen = (length: number) => expect.poll(() => upstream.requests.length, { interval: 5 }).toBe(length);
  return { upstream, client, release: () => release(), seen };
}

test('equal reads under way are one, and what comes later is a read of its own', async () => {
  const { upstream, client, release, seen } = await numbering();
  const reads = Array.from({ length: 5 }, () => client.call(read(), scope()));
  await seen(1);
  release();
  expect(new Set(await Promise.all(reads)).size).toBe(1);
  expect(upstream.requests).toHaveLength(1);
  await client.call(read(), scope());
  expect(upstream.requests).toHaveLength(2);
});

test('credentials, paths and reads with a socket of their own are never shared', async () => {
  const { client, release, seen } = await numbering();
  const reads = [
    client.call(read(), scope()),
    client.call(read(), scope({ fingerprint: 'another' })),
    client.call(read({ path: '/else' }), scope()),
    client.call(read({ freshSocket: true }), scope()),
    client.call(read({ freshSocket: true }), scope()),
  ];
  await seen(5);
  release();
  await Promise.all(reads);
});

test('a read after a write does not join one from before', async () => {
  const { client, release, seen } = await numbering();
  const before = client.call(read(), scope());
  await seen(1);
  await client.call(write(), scope());
  const after = client.call(read(), scope());
  await seen(3);
  release();
  expect(await before).not.toBe(await after);
});

test('one who leaves ends nothing for the others, leader or follower', async () => {
  const { upstream, client, release, seen } = await numbering();
  const [leading, following] = [new AbortController(), new AbortController()];
  const leader = expect(client.call(read(), scope({ signal: leading.signal }))).rejects.toThrow('left too');
  const follower = expect(client.call(read(), scope({ signal: following.signal }))).rejects.toThrow('left');
  const stayer = client.call(read(), scope());
  await seen(1);
  following.abort(new Error('left'));
  await follower;
  leading.abort(new Error('left too'));
  await leader;
  release();
  expect(await stayer).toContain('number');
  expect(upstream.requests).toHaveLength(1);
});

test('a read is stopped at the upstream when all have left, whoever asked first', async () => {
  const closed: number[] = [];
  const upstream = open.add(
    await fakeUpstream((_request, response) => {
      response.once('close', () => closed.push(upstream.requests.length));
      return new Promise(() => {});
    }),
  );
  const { client } = open.add(harness(upstream.url));
  const leaving = [0, 1, 2].map(() => new AbortController());
  const reads = leaving.map(({ signal }) => client.call(read(), scope({ signal })).catch((reason: unknown) => reason));
  await expect.poll(() => upstream.requests.length, { interval: 5 }).toBe(1);
  leaving[0]?.abort('first');
  leaving[2]?.abort('third');
  await sleep(50);
  expect(closed).toEqual([]);
  leaving[1]?.abort('second');
  await expect.poll(() => closed, { interval: 5 }).toEqual([1]);
  expect(await Promise.all(reads)).toEqual(['first', 'second', 'third']);
});

test("whoever has more time is not cut by the leader's deadline, and the leader has no more than his own", async () => {
  const { upstream, client, release, seen } = await numbering();
  const leader = failure(client.call(read(), scope({ deadline: monotonicNow() + 80 })));
  const follower = client.call(read(), scope());
  await seen(1);
  expect(await leader).toMatchObject({ kind: 'timeout' });
  await sleep(80);
  release();
  expect(await follower).toContain('number');
  expect(upstream.requests).toHaveLength(1);
});

test("a refusal by one caller's own limit is not told to the others", async () => {
  const { client, release, seen } = await numbering();
  let refuse = () => {};
  const asked = new Promise<void>((_, reject) => (refuse = () => reject(new Error('over the limit'))));
  const leader = client.call(read(), scope({ onAttempt: () => asked }));
  const follower = client.call(read(), scope());
  refuse();
  await expect(leader).rejects.toThrow('over the limit');
  await seen(1);
  release();
  expect(await follower).toContain('number');
});

test('a follower waits no longer than it may', async () => {
  const { client, release, seen } = await numbering();
  const leader = client.call(read(), scope());
  await seen(1);
  expect(await failure(client.call(read(), scope({ deadline: monotonicNow() + 50 })))).toMatchObject({
    kind: 'timeout',
    provider: 'acme',
  });
  release();
  await leader;
});

test('what is shared cannot be changed', async () => {
  const { client, release, seen } = await numbering();
  const parsed = {
    ...read(),
    accept: (answer: { readonly text: string }) => ({ inner: JSON.parse(answer.text) as object }),
  };
  const reads = [client.call(parsed, scope()), client.call(parsed, scope())];
  await seen(1);
  release();
  for (const value of await Promise.all(reads)) expect(Object.isFrozen(value.inner)).toBe(true);
});

test('that there is no room for a stranger is no answer for an operator who waits with him', async () => {
  const inFlight = new InFlight();
  const noRoom = new Fault('overloaded', 'unclear').toError('acme', 'getThing', 'server');
  let refuse = (): void => {};
  const stranger = scope({ byStranger: true });
  const asked = failure(
    inFlight.share(read(), stranger, 'acme', () => new Promise<string>((_, reject) => (refuse = () => reject(noRoom)))),
  );
  const other = failure(inFlight.share(read(), stranger, 'acme', () => Promise.resolve('his own')));
  const operator = inFlight.share(read(), scope(), 'acme', () => Promise.resolve('his own'));
  refuse();
  expect(await Promise.all([asked, other, operator])).toEqual([noRoom, noRoom, 'his own']);
});
