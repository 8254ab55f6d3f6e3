import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { harness, otherRead, scope } from './support.js';
import { numbersFrom, ScriptedDispatcher, type Departure, type Fate } from './scripted-dispatcher.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

interface Stretch {
  readonly requests: number;
  readonly ms: number;
  readonly failing: number;
  readonly failure: 'status' | 'reset' | 'silence' | 'slow';
}

const stretch = fc.record<Stretch>({
  requests: fc.integer({ min: 0, max: 160 }),
  ms: fc.constantFrom(1, 50, 900, 3000, 7000),
  failing: fc.constantFrom(0, 0.05, 0.3, 0.6, 1),
  failure: fc.constantFrom('status', 'reset', 'silence', 'slow'),
});

const fateOf: Readonly<Record<Stretch['failure'], Fate>> = {
  status: { status: 503, afterMs: 5 },
  reset: { resetAfterMs: 5 },
  silence: 'silence',
  slow: { status: 502, afterMs: 2500 },
};

/** All that goes out while calls are made as the stretches say, with neither circuit nor bulkhead in the way. */
async function departuresOf(stretches: readonly Stretch[], seed: number): Promise<readonly Departure[]> {
  const random = numbersFrom(seed);
  let now: Stretch | undefined;
  const network = new ScriptedDispatcher(() =>
    now && random() < now.failing ? fateOf[now.failure] : { status: 200, afterMs: 5 },
  );
  const { client } = harness(
    'http://upstream.test',
    { breakerMinRequests: 1_000_000, upstreamConcurrency: 10_000, upstreamTimeoutMs: 2_000 },
    { dispatcher: network, random },
  );
  const calls: Promise<unknown>[] = [];
  for (now of stretches) {
    for (let i = 0; i < now.requests; i++) {
      calls.push(
        client.call(otherRead({ retries: 2 }), scope({ deadline: monotonicNow() + 8_000 })).catch(() => undefined),
      );
      await vi.advanceTimersByTimeAsync(now.ms / now.requests);
    }
  }
  await vi.advanceTimersByTimeAsync(20_000);
  await Promise.all(calls);
  return network.departures;
}

/** The worst share of all attempts to first attempts in any ten seconds with at least a hundred of the latter. */
function worstShare(departures: readonly Departure[]): number {
  const seen = new Set<string>();
  const all = departures.map(({ at, path }) => ({ at, first: !seen.has(path) && seen.add(path) !== undefined }));
  let worst = 0;
  // A window that is worst begins at an attempt and ends at one; those that end earlier are looked at as well.
  for (let from = 0; from < all.length; from++) {
    let firsts = 0;
    for (let to = from; to < all.length && (all[to]?.at ?? 0) < (all[from]?.at ?? 0) + 10_000; to++) {
      if (all[to]?.first === true) firsts += 1;
      if (firsts >= 100) worst = Math.max(worst, (to - from + 1) / firsts);
    }
  }
  return worst;
}

test('in whichever ten seconds a hundred requests go out, the attempts are at most a tenth more; none is made four times', async () => {
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(stretch, { minLength: 1, maxLength: 5 }), fc.integer(), async (stretches, seed) => {
      const departures = await departuresOf(stretches, seed);
      const perCall = new Map<string, number>();
      for (const { path } of departures) perCall.set(path, (perCall.get(path) ?? 0) + 1);
      tried += departures.length - perCall.size;
      expect(Math.max(0, ...perCall.values())).toBeLessThanOrEqual(3);
      expect(worstShare(departures)).toBeLessThanOrEqual(1.1);
    }),
    { numRuns: 60 },
  );
  expect(tried).toBeGreaterThan(500);
}, 120_000);

test('the beginning, the end and the middle of a failing load are within the tenth', async () => {
  const load = [
    { requests: 160, ms: 3000, failing: 0.4, failure: 'status' },
    { requests: 160, ms: 900, failing: 1, failure: 'slow' },
    { requests: 0, ms: 7000, failing: 0, failure: 'status' },
    { requests: 120, ms: 7000, failing: 0.3, failure: 'reset' },
  ] as const;
  const departures = await departuresOf(load, 7);
  expect(departures.length).toBeGreaterThan(440 + 15);
  expect(worstShare(departures)).toBeLessThanOrEqual(1.1);
});

test('a steady load that fails a little is retried up to the tenth', async () => {
  const departures = await departuresOf([{ requests: 160, ms: 3000, failing: 0.3, failure: 'status' }], 7);
  const retried = departures.length - new Set(departures.map(({ path }) => path)).size;
  expect(retried).toBeGreaterThan(12);
});
