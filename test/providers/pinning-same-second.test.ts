import { describe, expect, it } from 'vitest';
import type { PinPage } from '../../src/providers/pinning/model.js';
import { createHabitMemory, createPager } from '../../src/providers/pinning/listing/pages.js';
import {
  createPinListing,
  everything,
  goodHabits,
  namesOf,
  PROVIDER,
  type Habits,
  type StoredPin,
} from '../support/pin-listing.js';

/** A service that shows twenty rows at most, whatever it is asked for, and whose times are whole seconds. */
const few: Habits = { ...goodHabits, cap: 20, shows: 's' };
const START = 1_730_800_000_000;

/** Pins of three seconds: `tied` of them, a few milliseconds apart, in the second in the middle. */
function seconds(tied: number): StoredPin[] {
  const at = (ms: number) => BigInt(START + ms) * 1_000_000n;
  const middle = Array.from({ length: tied }, (_, index) => ({
    id: `middle-${index}`,
    created: at(60_000 + index * 20),
  }));
  const around = (name: string, from: number) =>
    Array.from({ length: 25 }, (_, index) => ({ id: `${name}-${index}`, created: at(from + index * 1_000) }));
  return [...around('old', 0), ...middle, ...around('new', 90_000)];
}

async function walk(pins: readonly StoredPin[], habits: Habits, size = 7): Promise<(string | undefined)[]> {
  const pager = createPager({
    provider: PROVIDER,
    list: createPinListing(pins, habits).list,
    order: createHabitMemory(),
  });
  const names: (string | undefined)[] = [];
  let page: PinPage | undefined;
  do {
    page = await pager.page(everything, { first: size, after: page?.edges.at(-1)?.position ?? null, before: null });
    names.push(...namesOf(page.edges));
  } while (page.hasNextPage);
  return names;
}

const counts = ['filtered', 'returned', 'total'] as const;
const stuck = { kind: 'bad_response', reason: 'pagination_stuck' };

describe('more than twenty pins of one second, on a service that shows twenty', () => {
  it.each(counts)('are all shown where it shows finer times (counts: %s)', async (count) => {
    for (const tied of [21, 45]) {
      const names = await walk(seconds(tied), { ...few, count, shows: 'ms' });
      expect(names).toHaveLength(50 + tied);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it.each(counts)('are said to be out of reach elsewhere: none is left out in silence (counts: %s)', async (count) => {
    for (const tied of [21, 45])
      for (const stores of ['s', 'ms'] as const)
        await expect(walk(seconds(tied), { ...few, count, stores }), `${tied} tied`).rejects.toMatchObject(stuck);
  });

  it('exactly twenty are all, where the count says so; where it says nothing they may be cut', async () => {
    const whole = await walk(seconds(20), { ...few, stores: 's' });
    expect(new Set(whole).size).toBe(70);
    for (const count of ['returned', 'total'] as const)
      await expect(walk(seconds(20), { ...few, count, stores: 's' })).rejects.toMatchObject(stuck);
  });
});
