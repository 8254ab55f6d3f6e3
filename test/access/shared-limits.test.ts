import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPayouts } from '../../src/access/payout-caps.js';
import { createRateLimit } from '../../src/access/rate-limit.js';
import { createMemoryState } from '../../src/state/memory.js';
import { StateUnavailable, type Counters } from '../../src/state/state.js';

const lost: Counters = {
  add: async () => {
    throw new StateUnavailable('gone');
  },
};
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
    const [one, two] = [createPayouts(caps, counters), createPayouts(caps, counters)];
    const giveBack = await one.charge('10');
    await expect(two.charge('10')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await two.charge('5');
    await giveBack();
    await two.charge('10');
  });
});
