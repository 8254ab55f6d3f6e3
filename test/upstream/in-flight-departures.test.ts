import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { monotonicNow } from '../../src/values/clock.js';
import { Fault } from '../../src/upstream/fault.js';
import { InFlight } from '../../src/upstream/in-flight.js';
import type { Waiting } from '../../src/upstream/call-progress.js';
import { unwatchDeparture, watchDeparture } from '../../src/values/departure.js';
import { read, scope } from './support.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** How long one read takes. */
const READ_MS = 100;
/** How much later than it is due a timer may come. */
const TIMER_MS = 1.001;

/** Reads that last so long, or until nobody waits for them any more, or all who do have waited long enough. */
function upstream() {
  const seen = { begun: 0, stoppedAt: [] as number[] };
  const run = (waiting: Waiting): Promise<string> => {
    const late = () => new Fault('timeout', 'unclear').toError('acme', 'getThing', 'server');
    // Nothing is sent when it is too late for that.
    if (waiting.deadline <= monotonicNow()) return Promise.reject(late());
    seen.begun += 1;
    const endsAt = monotonicNow() + READ_MS;
    return new Promise((resolve, reject) => {
      const reading = {
        depart(reason: unknown) {
          clearTimeout(timer);
          seen.stoppedAt.push(monotonicNow());
          reject(reason);
        },
      };
      const next = (): NodeJS.Timeout =>
        setTimeout(look, Math.max(0, Math.min(endsAt, waiting.deadline) - monotonicNow()));
      const look = (): void => {
        const now = monotonicNow();
        if (now < endsAt && now < waiting.deadline) return void (timer = next());
        if (waiting.signal) unwatchDeparture(waiting.signal, reading);
        if (now >= endsAt) return resolve('read');
        reading.depart(late());
      };
      let timer = next();
      if (waiting.signal) watchDeparture(waiting.signal, reading);
    });
  };
  return { seen, run };
}

interface Comer {
  readonly at: number;
  /** When he leaves, after he came; undefined when he stays. */
  readonly leaves: number | undefined;
  readonly deadline: number;
}

const comer = (latest: number): fc.Arbitrary<Comer> =>
  fc.record({
    at: fc.nat(latest),
    leaves: fc.option(fc.integer({ min: 1, max: 150 }), { nil: undefined }),
    deadline: fc.integer({ min: 1, max: 300 }),
  });

interface Waited {
  readonly end: 'read' | 'left' | 'late';
  readonly at: number;
}

/** How it ended for each, by the clock that starts with the first. */
async function play(comers: readonly Comer[]) {
  const inFlight = new InFlight();
  const { seen, run } = upstream();
  const startedAt = monotonicNow();
  const ask = async ({ at, leaves, deadline }: Comer): Promise<Waited> => {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, at));
    const leaving = new AbortController();
    if (leaves !== undefined) setTimeout(() => leaving.abort('left'), leaves);
    const caller = scope({ signal: leaving.signal, deadline: monotonicNow() + deadline });
    const end = await inFlight.share(read(), caller, 'acme', run).then(
      () => 'read' as const,
      (error: unknown) => (error instanceof UpstreamError ? ('late' as const) : ('left' as const)),
    );
    return { end, at: monotonicNow() - startedAt };
  };
  const waits = Promise.all(comers.map(ask));
  await vi.advanceTimersByTimeAsync(1_000);
  return { waits: await waits, begun: seen.begun, stopped: seen.stoppedAt.map((at) => at - startedAt) };
}

test('who stays gets the answer of the one read that was begun first, whoever leaves and however many', async () => {
  const stayer = { at: 10, leaves: undefined, deadline: 900 };
  // The first one has time enough, and is there when the one who stays comes.
  const first = fc.record({
    at: fc.constant(0),
    leaves: fc.integer({ min: 11, max: 150 }),
    deadline: fc.constant(900),
  });
  await fc.assert(
    fc.asyncProperty(first, fc.array(comer(90), { maxLength: 8 }), async (leader, others) => {
      const { waits, begun, stopped } = await play([leader, stayer, ...others]);
      expect(waits[1]?.end).toBe('read');
      expect(waits[1]?.at).toBeCloseTo(READ_MS, 3);
      expect([begun, stopped]).toEqual([1, []]);
    }),
    { numRuns: 150 },
  );
});

test('each waits no longer than he may, and a read goes on as long as anybody waits for it', async () => {
  await fc.assert(
    fc.asyncProperty(comer(0), fc.array(comer(150), { maxLength: 8 }), async (leader, others) => {
      const comers = [leader, ...others];
      const { waits, begun, stopped } = await play(comers);
      waits.forEach(({ end, at }, index) => {
        const { at: came, leaves = Infinity, deadline } = comers[index] ?? leader;
        // One read at the most: that of others, or his own.
        expect(at).toBeLessThanOrEqual(came + Math.min(leaves, deadline, READ_MS) + TIMER_MS);
        if (end === 'left') expect(at).toBeCloseTo(came + leaves, 3);
      });
      // Every read either brought somebody his answer or was stopped when the last who waited left.
      const answered = new Set(waits.filter(({ end }) => end === 'read').map(({ at }) => Math.round(at)));
      expect(answered.size + stopped.length).toBe(begun);
      const departures = waits.filter(({ end }) => end !== 'read').map(({ at }) => Math.round(at));
      for (const at of stopped) expect(departures.some((left) => Math.abs(left - at) <= TIMER_MS)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('one who waits alone is stopped at once', async () => {
  const { waits, begun, stopped } = await play([{ at: 0, leaves: 30, deadline: 900 }]);
  expect([waits, begun, stopped]).toEqual([[{ end: 'left', at: 30 }], 1, [30]]);
});
