import { afterEach, describe, expect, test } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { GatewayError, UpstreamError } from '../../src/errors.js';
import { Fault } from '../../src/upstream/fault.js';
import { RetryBudget, RetryPlan } from '../../src/upstream/retry.js';
import { fakeUpstream, type FakeAnswer } from '../support/fake-upstream.js';
import { harness, cleanup, failure, rawServer, read, refusal, scope, write } from './support.js';

const open = cleanup();
afterEach(() => open.run());

/** Answers with each of these in turn, the last one for ever. */
async function sequence(...answers: FakeAnswer[]) {
  let next = 0;
  return open.add(await fakeUpstream(() => answers[Math.min(next++, answers.length - 1)]));
}

test.each([
  [500, 2],
  [501, 3],
  [502, 3],
  [503, 3],
  [504, 3],
  [400, 1],
  [401, 1],
  [403, 1],
  [404, 1],
  [409, 1],
  [429, 3],
])('a read with two retries that always sees %i is sent %i times', async (status, times) => {
  const upstream = await sequence({ status });
  const { client, facts } = open.add(harness(upstream.url));
  expect(await failure(client.call(read({ retries: 2 }), scope()))).toMatchObject({ status });
  expect(upstream.requests).toHaveLength(times);
  expect(facts).toMatchObject([{ attempts: times, status }]);
});

test('a read survives two failures', async () => {
  const upstream = await sequence({ status: 502 }, { status: 504 }, { body: 'fine' });
  const { client } = open.add(harness(upstream.url));
  expect(await client.call(read({ retries: 2 }), scope())).toBe('fine');
});

test.each([429, 500, 502, 503, 504])('a write that sees %i is sent once', async (status) => {
  const upstream = await sequence({ status });
  const { client } = open.add(harness(upstream.url));
  await failure(client.call(write(), scope()));
  expect(upstream.requests).toHaveLength(1);
});

test('an idempotent delete is sent again after a 502, but never after a 429', async () => {
  const upstream = await sequence({ status: 502 }, { status: 429 });
  const { client } = open.add(harness(upstream.url));
  expect(await failure(client.call(write({ method: 'DELETE', retries: 2 }), scope()))).toMatchObject({
    kind: 'rate_limited',
  });
  expect(upstream.requests).toHaveLength(2);
});

test('resets are tried again for reads only, a timeout only once', async () => {
  const resetting = open.add(await rawServer((socket) => socket.resetAndDestroy()));
  const one = open.add(harness(resetting.url));
  await failure(one.client.call(read({ retries: 2 }), scope()));
  expect(resetting.requests()).toBe(3);
  await failure(one.client.call(write(), scope()));
  expect(resetting.requests()).toBe(4);

  const silent = open.add(await rawServer(() => {}));
  const other = open.add(harness(silent.url, { upstreamTimeoutMs: 50 }));
  expect(await failure(other.client.call(read({ retries: 2 }), scope()))).toMatchObject({ kind: 'timeout' });
  expect(silent.requests()).toBe(2);
});

test.each(['not_json', 'html', 'shape', 'empty', 'identity_mismatch'] as const)(
  'an answer that is %s is not asked for again',
  async (reason) => {
    const upstream = await sequence({ body: 'odd' });
    const { client } = open.add(harness(upstream.url));
    const accept = () => {
      throw new UpstreamError('bad_response', { provider: 'acme', operation: 'getThing', delivery: 'unclear', reason });
    };
    expect(await failure(client.call(read({ retries: 2, accept }), scope()))).toMatchObject({ reason });
    expect(upstream.requests).toHaveLength(1);
  },
);

test('onAttempt is asked before each attempt; when it refuses, nothing more is sent', async () => {
  const upstream = await sequence({ status: 502 });
  const { client, facts } = open.add(harness(upstream.url));
  const refused = new GatewayError('TOO_MANY_REQUESTS', 'enough');
  const asked: string[] = [];
  const onAttempt = async (provider: string, operation: string) => {
    asked.push(`${provider} ${operation}`);
    expect(upstream.requests).toHaveLength(asked.length - 1);
    if (asked.length === 2) throw refused;
  };
  await expect(client.call(read({ retries: 2 }), scope({ onAttempt }))).rejects.toBe(refused);
  expect(asked).toEqual(['acme getThing', 'acme getThing']);
  expect(upstream.requests).toHaveLength(1);
  expect(facts).toMatchObject([{ kind: 'refused', attempts: 1 }]);
});

test('a client that leaves during the backoff ends the call', async () => {
  const upstream = await sequence({ status: 502 });
  const { client, facts } = open.add(harness(upstream.url, {}, { random: () => 0.999 }));
  const leaving = new AbortController();
  const calling = client.call(read({ retries: 2 }), scope({ signal: leaving.signal }));
  await expect.poll(() => upstream.requests.length, { interval: 5 }).toBe(1);
  leaving.abort(new Error('client left'));
  await expect(calling).rejects.toThrow('client left');
  expect(upstream.requests).toHaveLength(1);
  expect(facts).toMatchObject([{ kind: 'aborted' }]);
});

test('no retry that would start after the deadline', async () => {
  const upstream = await sequence({ status: 502 });
  const { client } = open.add(harness(upstream.url, {}, { random: () => 0.999 }));
  await failure(client.call(read({ retries: 2 }), scope({ deadline: monotonicNow() + 90 })));
  expect(upstream.requests).toHaveLength(1);
});

describe('RetryBudget', () => {
  /** Retries that go out at once, one by one, until there is no more for them. */
  const spend = (budget: RetryBudget, now: number, most = Infinity, timeout = false) => {
    let times = 0;
    while (times < most && budget.take(timeout, now)) {
      budget.repeated(now);
      times += 1;
    }
    return times;
  };
  const ask = (budget: RetryBudget, times: number) => {
    for (let i = 0; i < times; i++) budget.asked();
  };

  test('the bucket pays for 100 retries or 50 after timeouts, and successes refill it', () => {
    const taken = (timeout: boolean) => {
      const budget = new RetryBudget();
      let times = 0;
      let now = 0;
      // Ten in eleven seconds, which the tenth leaves to everybody.
      for (let round = 0; round < 20; round++) times += spend(budget, (now += 11_000), 10, timeout);
      for (let i = 0; i < 4; i++) budget.success();
      expect(budget.take(false, (now += 11_000))).toBe(false);
      budget.success();
      expect(budget.take(false, now)).toBe(true);
      return times;
    };
    expect([taken(false), taken(true)]).toEqual([100, 50]);
  });

  test('ten in ten seconds are free, and beyond them a tenth of the requests, in any ten seconds', () => {
    const budget = new RetryBudget();
    let times = 0;
    for (let i = 0; i < 400; i++) {
      ask(budget, 1);
      times += spend(budget, i * 20);
    }
    expect(times).toBeGreaterThan(35);
    expect(times).toBeLessThanOrEqual(40);
    expect(spend(budget, 30_000)).toBe(10);
    ask(budget, 99);
    expect(spend(budget, 30_000)).toBe(0);
    ask(budget, 11);
    expect(spend(budget, 30_000)).toBe(1);
  });

  test('a mass of requests buys no mass of retries after it, which ten seconds might hold without the requests', () => {
    const budget = new RetryBudget();
    ask(budget, 1000);
    expect(spend(budget, 5000)).toBe(10);
  });

  test('of a crowd the same holds before a hundred have come', () => {
    const budget = new RetryBudget();
    ask(budget, 30);
    let taken = 0;
    while (budget.take(false, 0)) taken += 1;
    expect(taken).toBe(10);
  });

  test('what is granted counts until it is waived', () => {
    const budget = new RetryBudget();
    for (let i = 0; i < 10; i++) expect(budget.take(false, 0)).toBe(true);
    expect(budget.take(false, 0)).toBe(false);
    budget.waived();
    expect(budget.take(false, 0)).toBe(true);
    expect(budget.take(false, 60_000)).toBe(false);
  });

  test('a clock that is set back forgets no more than it must', () => {
    const budget = new RetryBudget();
    expect(spend(budget, 100_000)).toBe(10);
    expect(spend(budget, 0)).toBe(10);
    expect(spend(budget, 10_000)).toBe(0);
    expect(spend(budget, 10_501)).toBe(10);
  });
});

describe('RetryPlan', () => {
  const lost = (delivery: 'unsent' | 'unclear') => ({
    thrown: new Fault('unavailable', delivery),
    status: undefined,
    askedWaitMs: undefined,
  });
  const plan = (retries: number, deadline = 1e9) =>
    new RetryPlan({ effect: 'read', retries }, deadline, new RetryBudget(), () => 0.5);

  test('backs off with full jitter between nothing and a ceiling that doubles up to two seconds', () => {
    const waits = plan(7);
    expect(Array.from({ length: 8 }, () => waits.next(lost('unclear'), 0))).toEqual([
      50,
      100,
      200,
      400,
      800,
      1000,
      1000,
      undefined,
    ]);
  });

  test('never more than the retries of the call in total, and one for what was not sent', () => {
    const waits = plan(2);
    expect(waits.next(lost('unsent'), 0)).toBeDefined();
    expect(waits.next(lost('unsent'), 0)).toBeUndefined();
    expect(waits.next(lost('unclear'), 0)).toBeDefined();
    expect(waits.next(lost('unclear'), 0)).toBeUndefined();
    expect(plan(0).next(lost('unsent'), 0)).toBeDefined();
  });

  test('follows the upstream up to five seconds beyond the backoff and inside the deadline', () => {
    const asked = (askedWaitMs: number) => ({ thrown: refusal('rate_limited', 429), status: 429, askedWaitMs });
    expect(plan(1).next(asked(5050), 0)).toBe(5050);
    expect(plan(1).next(asked(5051), 0)).toBeUndefined();
    expect(plan(1, 3000).next(asked(3000), 0)).toBeUndefined();
  });

  test.each(['circuit_open', 'overloaded', 'rate_limited', 'rejected'] as const)('%s is final', (kind) => {
    expect(
      plan(2).next({ thrown: new Fault(kind, 'unsent'), status: undefined, askedWaitMs: undefined }, 0),
    ).toBeUndefined();
  });
});
