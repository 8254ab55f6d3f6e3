import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPayoutCharges } from '../../src/access/payout-caps.js';
import { createRateLimit } from '../../src/access/rate-limit.js';
import { createMemoryState } from '../../src/state/memory.js';
import { StateUnavailable, type Counters } from '../../src/state/state.js';

const gone = async (): Promise<never> => {
  throw new StateUnavailable('gone');
};
const lost: Counters = { add: gone, addToDay: gone };
const refused = expect.objectContaining({ code: 'TOO_MANY_REQUESTS' });

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2024, 4, 1, 12, 0, 10) }));
afterEach(() => void vi.useRealTimers());

describe('a rate limit of several instances', () => {
  it('counts calls together, for each caller, until the minute is over', async () => {
    const { counters } = createMemoryState();
    const [one, two] = [
      (await createRateLimit(3, { counters, instances: () => 2 }))!,
      (await createRateLimit(3, { counters, instances: () => 2 }))!,
    ];
    await one('a');
    await two('a');
    await one('a');
    await expect(two('a')).rejects.toEqual(refused);
    await expect(one('a')).rejects.toMatchObject({ details: { retryAfterMs: 50_000 } });
    await two('b');
    await vi.advanceTimersByTimeAsync(50_000);
    await two('a');
  });

  it('is never exceeded in sum, and leaves next to nothing unused, whoever of the instances is asked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 300 })), { minLength: 1, maxLength: 20 }),
        async (perMinute, count, bursts) => {
          const { counters } = createMemoryState();
          const limits = await Promise.all(
            Array.from({ length: count }, () => createRateLimit(perMinute, { counters, instances: () => count })),
          );
          let granted = 0;
          let asked = 0;
          let refusedAt: number | undefined;
          const call = async (instance: number): Promise<void> => {
            asked += 1;
            try {
              await limits[instance % count]!('a');
              granted += 1;
            } catch {
              refusedAt ??= granted;
            }
          };
          for (const [instance, calls] of bursts)
            await Promise.all(Array.from({ length: calls }, () => call(instance)));
          expect(granted).toBeLessThanOrEqual(perMinute);
          // Nobody is refused while more is left than the other instances may hold.
          const held = Math.min(100, Math.ceil(perMinute / 4)) * (count - 1);
          if (refusedAt === undefined) expect(granted).toBe(asked);
          else expect(granted).toBeGreaterThanOrEqual(perMinute - held);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('asks the shared state once for many calls', async () => {
    const { counters } = createMemoryState();
    const add = vi.spyOn(counters, 'add');
    const limit = (await createRateLimit(100_000, { counters, instances: () => 3 }))!;
    for (let call = 0; call < 10_000; call += 1) await limit('a');
    expect(add.mock.calls.length).toBeLessThan(150);
  });

  it('grants each instance its part while the shared state is gone', async () => {
    const limit = (await createRateLimit(6, { counters: lost, instances: () => 3 }))!;
    await limit('a');
    await limit('a');
    await expect(limit('a')).rejects.toEqual(refused);
  });

  it('grants a call even when there are more instances than calls to grant', async () => {
    const limit = (await createRateLimit(2, { counters: lost, instances: () => 5 }))!;
    await limit('a');
    await expect(limit('a')).rejects.toEqual(refused);
  });
});

describe('the cap of payouts per day', () => {
  it('is one for all instances', async () => {
    const { counters } = createMemoryState();
    const caps = { perCall: '10', perDay: '15' };
    const [one, two] = [createPayoutCharges(caps, counters), createPayoutCharges(caps, counters)];
    const giveBack = await one.charge('10');
    await expect(two.charge('10')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await two.charge('5');
    await giveBack();
    await two.charge('10');
  });
});
