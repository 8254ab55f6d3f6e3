import { expect, it, type TestContext } from 'vitest';
import type { GraphAnswer, TestApp } from '../support/create-test-app.js';
import { operatorHeaders } from '../support/create-test-app.js';
import { startFleet, type Fleet } from '../support/graph-fleet.js';
import { cids } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { describeWithRedis } from '../support/start-redis.js';
import { startOwnClock, type OwnClock } from '../support/spent-on.js';

interface PinEvent {
  readonly pinStatus: { readonly status: string; readonly info: Record<string, string> } | null;
}

const WATCH = 'subscription { pinStatus(requestId: "x") { status info } }';

/** A fleet of one test, in front of a pin that is watched. */
interface Watched {
  readonly fleet: Fleet;
  readonly own: OwnClock;
}

async function openFleet(onTestFinished: TestContext['onTestFinished']): Promise<Watched> {
  const own = startOwnClock();
  const fleet = await startFleet();
  onTestFinished(async () => {
    own.stop();
    await fleet.close();
  });
  fleet.pinning.put({ requestid: 'x', pin: { cid: cids.a } });
  return { fleet, own };
}

/** A subscriber as it hears its stream. */
interface Subscriber {
  readonly statuses: string[];
  done: boolean;
  leave(): void;
}

function subscribe(app: TestApp): Subscriber {
  const abort = new AbortController();
  const subscriber: Subscriber = { statuses: [], done: false, leave: () => abort.abort() };
  void (async () => {
    for await (const event of app.subscribe<PinEvent>(WATCH, {}, operatorHeaders, abort.signal))
      note(subscriber, event);
    subscriber.done = true;
  })().catch(() => undefined);
  return subscriber;
}

function note(subscriber: Subscriber, event: GraphAnswer<PinEvent>): void {
  expect(event.errors).toBeUndefined();
  subscriber.statuses.push(`${event.data?.pinStatus?.status} ${event.data?.pinStatus?.info['step'] ?? ''}`.trim());
}

/** Has each reading of the pin show something new, so that the pace stays the first one; answers when it was read. */
function changing({ fleet: { pinning }, own }: Watched): { readonly times: number[]; readonly ownTimes: number[] } {
  const times: number[] = [];
  const ownTimes: number[] = [];
  pinning.answer((request) => {
    if (request.method !== 'GET') return { status: 405 };
    const pin = pinning.pins.get('x');
    if (pin?.status === 'queued') pin.info = { step: String(times.length) };
    times.push(performance.now());
    ownTimes.push(own.ms());
    return request.path === '/pins' ? { body: { count: pin ? 1 : 0, results: pin ? [pin] : [] } } : { body: pin };
  });
  return { times, ownTimes };
}

// Each has a fleet of its own, and waits for what is read at intervals.
describeWithRedis('polls of several instances', { concurrent: true }, () => {
  it('are as many as those of one, and everybody hears everything', async ({ onTestFinished }) => {
    const watched = await openFleet(onTestFinished);
    const { fleet } = watched;
    const interval = 300;
    const apps = await Promise.all([1, 2, 3].map(() => fleet.start({ PIN_POLL_INTERVAL_MS: String(interval) })));
    const { times } = changing(watched);
    const subscribers = [...apps, ...apps].map(subscribe);
    await until(() => times.length >= 10);
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    // Jitter brings a poll forward by a tenth at most.
    for (const gap of gaps) expect(gap).toBeGreaterThan(interval * 0.85);
    fleet.pinning.pins.get('x')!.status = 'pinned';
    await until(() => subscribers.every(({ done }) => done));
    const steps = times.length - 2;
    for (const { statuses } of subscribers) {
      expect(statuses.at(-1)).toMatch(/^PINNED/);
      expect(new Set(statuses).size).toBe(statuses.length);
      expect(statuses.length).toBeGreaterThanOrEqual(steps);
    }
  });

  it('go on without a break when the polling instance is stopped', async ({ onTestFinished }) => {
    const watched = await openFleet(onTestFinished);
    const { fleet } = watched;
    const interval = 300;
    const first = await fleet.start({ PIN_POLL_INTERVAL_MS: String(interval) });
    const { times, ownTimes } = changing(watched);
    const early = subscribe(first);
    await until(() => early.statuses.length > 0);
    const second = await fleet.start({ PIN_POLL_INTERVAL_MS: String(interval) });
    const stays = subscribe(second);
    await until(() => stays.statuses.length > 1);
    await first.close();
    const atStop = times.length;
    const heard = stays.statuses.length;
    await until(() => stays.statuses.length >= heard + 3);
    const gaps = ownTimes.slice(atStop).map((time, index) => time - ownTimes[atStop + index - 1]!);
    expect(Math.max(...gaps)).toBeLessThan(2 * interval);
    stays.leave();
  });

  it('go on within two intervals when the polling instance is killed, and nobody misses the end', async ({
    onTestFinished,
  }) => {
    const watched = await openFleet(onTestFinished);
    const { fleet, own } = watched;
    const interval = 1_500;
    const settings = { PIN_POLL_INTERVAL_MS: String(interval) };
    const [doomed, second, third] = await Promise.all([
      fleet.spawn(settings),
      fleet.start(settings),
      fleet.start(settings),
    ]);
    const { times, ownTimes } = changing(watched);
    const response = await fetch(`${doomed.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...operatorHeaders },
      body: JSON.stringify({ query: WATCH }),
    });
    await response.body!.getReader().read();
    await until(() => times.length === 1);
    const followers = [subscribe(second), subscribe(third)];
    await until(() => followers.every(({ statuses }) => statuses.length === 1));
    await until(() => times.length === 2);
    await doomed.kill();
    const killed = own.ms();
    // Its subscriber comes back to another instance, and the pin is done meanwhile.
    const returned = subscribe(third);
    await until(() => returned.statuses.length > 0);
    fleet.pinning.pins.get('x')!.status = 'failed';
    await until(() => [...followers, returned].every(({ done }) => done));
    for (const { statuses } of [...followers, returned]) expect(statuses.at(-1)).toMatch(/^FAILED/);
    const after = ownTimes.filter((time) => time > killed);
    expect(after[0]! - ownTimes[1]!).toBeLessThan(2 * interval + 500);
    expect(after.length).toBeLessThanOrEqual(2);
  });

  it('go on at each instance while Redis is gone, and are shared again when it is back', async ({ onTestFinished }) => {
    const watched = await openFleet(onTestFinished);
    const { fleet } = watched;
    const interval = 200;
    const apps = await Promise.all([1, 2].map(() => fleet.start({ PIN_POLL_INTERVAL_MS: String(interval) })));
    const { times } = changing(watched);
    const subscribers = apps.map(subscribe);
    await until(() => subscribers.every(({ statuses }) => statuses.length >= 2));
    await fleet.redis.kill();
    const heard = subscribers.map(({ statuses }) => statuses.length);
    await until(() => subscribers.every(({ statuses }, index) => statuses.length >= heard[index]! + 3));
    await fleet.redis.revive();
    await until(() => {
      const gaps = times.slice(-5).map((time, index, list) => (index === 0 ? interval : time - list[index - 1]!));
      return gaps.every((gap) => gap > interval * 0.85);
    });
    fleet.pinning.pins.get('x')!.status = 'pinned';
    await until(() => subscribers.every(({ done }) => done));
    for (const { statuses } of subscribers) expect(statuses.at(-1)).toMatch(/^PINNED/);
  });
});
