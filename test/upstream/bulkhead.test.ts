import { afterEach, describe, expect, test } from 'vitest';
import { Bulkhead } from '../../src/upstream/bulkhead.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, failure, otherRead, read, scope, write } from './support.js';
import { spentOn } from '../support/spent-on.js';

const open = cleanup();
afterEach(() => open.run());

/** An upstream that answers nobody until it is told to. */
async function holding() {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const upstream = open.add(
    await fakeUpstream(async () => {
      await held;
      return { body: 'ok' };
    }),
  );
  return { upstream, release: () => release() };
}

test('reads beyond the limit wait a quarter of a second and are then sent away, writes have a fifth', async () => {
  const { upstream, release } = await holding();
  const { client } = open.add(
    harness(upstream.url, { upstreamConcurrency: 10, upstreamTimeoutMs: 3000, writeTimeoutMs: 3000 }),
  );
  const reads = Array.from({ length: 10 }, () => client.call(otherRead(), scope()));
  const writes = Array.from({ length: 2 }, () => client.call(write(), scope()));
  await expect.poll(() => upstream.requests.length).toBe(12);
  const startedAt = Date.now();
  const late = [failure(client.call(otherRead({ retries: 2 }), scope())), failure(client.call(write(), scope()))];
  const { value: errors, ms } = await spentOn(() => Promise.all(late));
  for (const error of errors)
    expect(error).toMatchObject({ kind: 'overloaded', delivery: 'unsent', retryAfterMs: 1_000 });
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(240);
  expect(ms).toBeLessThan(600);
  expect(upstream.requests).toHaveLength(12);
  release();
  expect(new Set(await Promise.all([...reads, ...writes]))).toEqual(new Set(['ok']));
  expect(await client.call(read(), scope())).toBe('ok');
});

test('a queued read gets the slot that becomes free, and a client that leaves gives its place up', async () => {
  const { upstream, release } = await holding();
  const { client } = open.add(harness(upstream.url, { upstreamConcurrency: 1 }));
  const leaving = new AbortController();
  const first = client.call(read(), scope());
  await expect.poll(() => upstream.requests.length).toBe(1);
  const second = client.call(otherRead(), scope({ signal: leaving.signal }));
  const third = client.call(otherRead(), scope());
  leaving.abort(new Error('client left'));
  await expect(second).rejects.toThrow('client left');
  release();
  expect(await Promise.all([first, third])).toEqual(['ok', 'ok']);
  expect(upstream.requests).toHaveLength(2);
});

test('callers without an operator key leave room for those who have one, reading and writing', async () => {
  const { upstream, release } = await holding();
  const { client } = open.add(
    harness(upstream.url, { upstreamConcurrency: 20, upstreamTimeoutMs: 3000, writeTimeoutMs: 3000 }),
  );
  const users = Array.from({ length: 25 }, (_none, index) => {
    const user = scope({ byStranger: true, caller: () => `user-${index}` });
    return [client.call(otherRead(), user), client.call(write(), user)];
  }).flat();
  const outcomes = Promise.allSettled(users);
  await expect.poll(() => upstream.requests.length).toBe(15 + 3);
  const operator = [client.call(otherRead(), scope()), client.call(write(), scope())];
  await expect.poll(() => upstream.requests.length).toBe(18 + 2);
  release();
  expect(await Promise.all(operator)).toEqual(['ok', 'ok']);
  await outcomes;
});

describe('Bulkhead', () => {
  const room = (limit: number, eachCaller = limit, strangers = limit) => ({ limit, eachCaller, strangers });

  test('a full queue turns away at once, and slots go round in order', async () => {
    const bulkhead = new Bulkhead(room(1));
    expect([bulkhead.tryEnter({ caller: 'a' }), bulkhead.tryEnter({ caller: 'a' })]).toEqual([true, false]);
    const served: number[] = [];
    const queue = Array.from({ length: 100 }, (_, i) =>
      bulkhead.wait({ caller: 'a' }, 1000).then(() => {
        served.push(i);
        bulkhead.leave({ caller: 'a' });
      }),
    );
    await expect(bulkhead.wait({ caller: 'a' }, 1000)).rejects.toMatchObject({ kind: 'overloaded' });
    bulkhead.leave({ caller: 'a' });
    await Promise.all(queue);
    expect(served).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([bulkhead.tryEnter({ caller: 'a' }), bulkhead.tryEnter({ caller: 'a' })]).toEqual([true, false]);
  });

  test('nobody waits beyond his own limit', async () => {
    const bulkhead = new Bulkhead(room(1));
    bulkhead.tryEnter({ caller: 'a' });
    const waiting = () => expect(bulkhead.wait({ caller: 'a' }, 20)).rejects.toMatchObject({ kind: 'overloaded' });
    expect((await spentOn(waiting)).ms).toBeLessThan(200);
    await expect(bulkhead.wait({ caller: 'a' }, 0)).rejects.toMatchObject({ kind: 'overloaded' });
  });

  test('one caller takes no more than his part, and the rest stays for others', () => {
    const bulkhead = new Bulkhead(room(4, 2));
    expect([1, 2, 3].map(() => bulkhead.tryEnter({ caller: 'greedy' }))).toEqual([true, true, false]);
    expect([1, 2].map(() => bulkhead.tryEnter({ caller: 'modest' }))).toEqual([true, true]);
    bulkhead.leave({ caller: 'greedy' });
    expect(bulkhead.tryEnter({ caller: 'greedy' })).toBe(true);
  });

  test('some slots are for operators alone, and who has to wait keeps no operator waiting', async () => {
    const bulkhead = new Bulkhead(room(4, 4, 3));
    const stranger = (caller: string) => ({ caller, byStranger: true });
    expect(['a', 'b', 'c', 'd'].map((caller) => bulkhead.tryEnter(stranger(caller)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    const waiting = bulkhead.wait(stranger('d'), 1000);
    expect([1, 2].map(() => bulkhead.tryEnter({ caller: 'shop' }))).toEqual([true, false]);
    bulkhead.leave({ caller: 'shop' });
    expect(bulkhead.queued).toBe(1);
    bulkhead.leave(stranger('a'));
    await waiting;
    expect([bulkhead.inFlight, bulkhead.tryEnter(stranger('e'))]).toEqual([3, false]);
  });

  test('a free slot goes to whoever has the fewest, however long the others have waited', async () => {
    const bulkhead = new Bulkhead(room(2));
    bulkhead.tryEnter({ caller: 'greedy' });
    bulkhead.tryEnter({ caller: 'greedy' });
    const served: string[] = [];
    const wait = (caller: string) => bulkhead.wait({ caller }, 1000).then(() => served.push(caller));
    const waiting = [wait('greedy'), wait('greedy'), wait('modest')];
    bulkhead.leave({ caller: 'greedy' });
    bulkhead.leave({ caller: 'greedy' });
    await Promise.all([waiting[2], waiting[0]]);
    expect(served.toSorted()).toEqual(['greedy', 'modest']);
    bulkhead.leave({ caller: 'modest' });
    await Promise.all(waiting);
  });

  test('a queue that one caller has filled makes room for another', async () => {
    const bulkhead = new Bulkhead(room(2));
    bulkhead.tryEnter({ caller: 'greedy' });
    bulkhead.tryEnter({ caller: 'greedy' });
    const greedy = Array.from({ length: 100 }, () =>
      bulkhead.wait({ caller: 'greedy' }, 1000).then(
        () => true,
        () => false,
      ),
    );
    const modest = bulkhead.wait({ caller: 'modest' }, 1000);
    expect(await greedy.at(-1)).toBe(false);
    expect(bulkhead.queued).toBe(100);
    bulkhead.leave({ caller: 'greedy' });
    await modest;
    bulkhead.dismiss(new Error('over'));
    await Promise.all(greedy);
  });
});
