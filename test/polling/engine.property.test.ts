import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { PollEvent } from '../../src/polling/polling.js';
import { silentLogger } from '../../src/log.js';
import { createPolling } from '../../src/polling/engine.js';
import { collect, fakeSource, type Collected, type Thing } from './fake-source.js';

const idArbitrary = fc.constantFrom('p', 'q', 'r');
const step = fc.oneof(
  fc.record({
    kind: fc.constant('join' as const),
    ids: fc.array(idArbitrary, { minLength: 1, maxLength: 4 }),
    hurry: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('leave' as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant('change' as const), id: idArbitrary }),
  fc.record({ kind: fc.constant('break' as const) }),
  fc.record({ kind: fc.constant('mend' as const) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(4000) }),
);

interface Subscriber extends Collected {
  readonly ids: ReadonlySet<string>;
  readonly stream: AsyncIterableIterator<PollEvent<Thing>>;
  left: boolean;
}

describe('whatever the order of things', () => {
  it('everybody who stays gets the final state of each id once, and no source is read twice at a time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(300), async (steps, latency) => {
        vi.useFakeTimers();
        try {
          await run(steps, latency);
        } finally {
          vi.useRealTimers();
        }
      }),
      { numRuns: 150 },
    );
  });
});

async function run(
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  latency: number,
): Promise<void> {
  const source = fakeSource();
  const read = source.read.bind(source);
  source.read = (ids, known, signal) => {
    source.gate = new Promise((resolve) => {
      setTimeout(resolve, latency);
    });
    return read(ids, known, signal);
  };
  for (const id of ['p', 'q', 'r']) source.upstream.set(id, { n: 0 });
  const polling = createPolling({ log: silentLogger });
  const subscribers: Subscriber[] = [];
  let n = 0;
  for (const action of steps) {
    if (action.kind === 'join') {
      const stream = polling.watch(source, action.ids);
      const collected = action.hurry ? collect(stream) : { events: [], done: false };
      subscribers.push(Object.assign(collected, { ids: new Set(action.ids), stream, left: false }));
    } else if (action.kind === 'leave') {
      const leaver = subscribers[action.which];
      if (leaver) {
        leaver.left = true;
        await leaver.stream.return?.();
      }
    } else if (action.kind === 'change') source.upstream.set(action.id, { n: (n += 1) });
    else if (action.kind === 'break') source.broken = new Error('down');
    else if (action.kind === 'mend') source.broken = undefined;
    else await vi.advanceTimersByTimeAsync(action.ms);
  }
  source.broken = undefined;
  for (const id of ['p', 'q', 'r']) source.upstream.set(id, { n: 1000, done: true });
  await vi.advanceTimersByTimeAsync(40_000);
  for (const subscriber of subscribers) {
    if (subscriber.left) continue;
    // Those who did not read so far begin now: nothing but the end of each id is left for them.
    const seen = subscriber.done || subscriber.events.length > 0 ? subscriber : collect(subscriber.stream);
    await vi.advanceTimersByTimeAsync(20);
    expect(seen.done).toBe(true);
    const finals = seen.events
      .filter((event) => event.type === 'value' && event.value.n === 1000)
      .map((event) => event.id);
    expect(finals.toSorted()).toEqual([...subscriber.ids].toSorted());
    expect(new Set(seen.events.slice(-subscriber.ids.size).map((event) => event.type))).toEqual(new Set(['value']));
  }
  expect(source.mostInFlight).toBeLessThanOrEqual(1);
  expect(polling.stats()).toEqual({ watched: 0, subscribers: 0 });
  expect(vi.getTimerCount()).toBe(0);
}
