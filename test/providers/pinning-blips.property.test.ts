import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { PinPage, PinSlice } from '../../src/providers/pinning/model.js';
import {
  createHabitMemory,
  createPager,
  type HabitMemory,
  type Pager,
} from '../../src/providers/pinning/listing/pages.js';
import { blips, createBlinking, type Blip } from '../support/blinking-listing.js';
import {
  createPinListing,
  everything,
  goodHabits,
  nameOf,
  PROVIDER,
  type Habits,
  type PinListing,
  type StoredPin,
} from '../support/pin-listing.js';

const START = 1_730_800_000_000;

/** Milliseconds from one pin to the next: a second and more, some within a second, none. */
const stored = fc
  .array(fc.constantFrom(0, 1, 137, 1000, 1000, 1007, 2500), { maxLength: 120 })
  .map((steps): StoredPin[] => {
    let at = START;
    return steps.map((step, index) => ({ id: `pin-${index}`, created: BigInt((at += step)) * 1_000_000n }));
  });
const habits = fc.record<Habits>({
  order: fc.constantFrom('desc', 'desc', 'asc'),
  bounds: fc.constantFrom('strict', 'strict', 'inclusive'),
  stores: fc.constantFrom('s', 'ms'),
  shows: fc.constantFrom('s', 'ms', 'ms'),
  compares: fc.constantFrom('s', 'ms', 'ms'),
  zone: fc.constant('Z'),
  count: fc.constantFrom('filtered', 'returned', 'total'),
  cap: fc.constantFrom(1000, 1000, 40, 25),
});
/** Where the sky is clear for some answers and then blinks. */
const weather = fc.array(fc.constantFrom<Blip>('none', 'none', ...blips), { minLength: 1, maxLength: 30 });
const size = fc.constantFrom(8, 10, 25, 100);

function cycle<T>(items: readonly T[]): () => T {
  let at = 0;
  return () => items[at++ % items.length] as T;
}

interface World {
  readonly service: PinListing;
  readonly pager: Pager;
  readonly order: HabitMemory;
}

function open(pins: readonly StoredPin[], how: Habits, next: () => Blip): World {
  const service = createPinListing(pins, how);
  const order = createHabitMemory();
  return {
    service,
    order,
    pager: createPager({
      provider: PROVIDER,
      list: createBlinking(service.list, next, how.count === 'returned'),
      order,
    }),
  };
}

/** The pages of a walk joined, or undefined when one of them was an error that says what is not known. */
async function walked({ pager }: World, n: number, forward: boolean): Promise<string[] | undefined> {
  const names: string[] = [];
  let page: PinPage | undefined;
  try {
    do {
      const at = page?.edges.at(forward ? -1 : 0)?.position ?? null;
      const slice: PinSlice = forward ? { first: n, after: at, before: null } : { last: n, before: at, after: null };
      page = await pager.page(everything, slice);
      const own = page.edges.map(({ position }) => position.seen.at(-1) ?? '');
      if (forward) names.push(...own);
      else names.unshift(...own);
    } while ((forward ? page.hasNextPage : page.hasPreviousPage) && page.edges.length > 0);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    expect([error.kind, error.reason].join()).toMatch(/lookup_limit|pagination_stuck/);
    return undefined;
  }
  return names;
}

describe('a service of which single answers are empty or short', () => {
  it.each([true, false])(
    'shows every pin once, or says that it cannot; forward: %s',
    async (forward) => {
      let told = 0;
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(stored, habits, weather, size, async (pins, how, sky, n) => {
          const world = open(pins, how, cycle(sky));
          const names = await walked(world, n, forward);
          runs += 1;
          if (!names) return void (told += 1);
          expect(names).toEqual(world.service.reference().map(({ id }) => nameOf(id)));
        }),
        { numRuns: 400 },
      );
      // An error is the exception: services of this kind can be read.
      expect(told / runs).toBeLessThan(0.2);
    },
    120_000,
  );

  it('teaches nothing by it', async () => {
    await fc.assert(
      fc.asyncProperty(stored, weather, size, async (pins, sky, n) => {
        const world = open(pins, goodHabits, cycle(sky));
        await walked(world, n, true);
        const { wholeSecondBounds, order } = world.order.recall();
        expect([wholeSecondBounds, order === 'bulk']).toEqual([false, false]);
        const { service } = world;
        const calm = createPager({ provider: PROVIDER, list: service.list, order: world.order });
        const page = await calm.page(everything, { first: n, after: null, before: null });
        expect(page.edges).toHaveLength(Math.min(n, pins.length));
        expect(await page.totalCount()).toBe(pins.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a service that lists the oldest first', () => {
  it.each(['filtered', 'returned', 'total'] as const)(
    'and has more than it shows at once is walked from there; it counts: %s',
    async (count) => {
      for (const length of [999, 1001, 1300, 2500]) {
        const pins = Array.from({ length }, (_, index): StoredPin => ({
          id: `pin-${index}`,
          created: BigInt(START + index * 1007) * 1_000_000n,
        }));
        const world = open(pins, { ...goodHabits, order: 'asc', count }, () => 'none');
        const page = await world.pager.page(everything, { first: 3, after: null, before: null });
        const newest = world.service
          .reference()
          .slice(0, 3)
          .map(({ id }) => nameOf(id));
        expect(page.edges.map(({ position }) => position.seen.at(-1))).toEqual(newest);
        expect(await walked(world, 700, true)).toHaveLength(length);
      }
    },
    60_000,
  );
});

it('bounds that were taken for whole seconds are so no longer when a row comes from within one', async () => {
  const pins = Array.from({ length: 60 }, (_, index): StoredPin => ({
    id: `pin-${index}`,
    created: BigInt(START + (index % 30) + Math.floor(index / 30) * 5000) * 1_000_000n,
  }));
  const world = open(pins, { ...goodHabits, cap: 20 }, () => 'none');
  world.order.learn({ wholeSecondBounds: true });
  expect(await walked(world, 8, true)).toHaveLength(60);
  expect(world.order.recall().wholeSecondBounds).toBe(false);
});

it('a service that was taken for one in disorder is walked again when it shows order and keeps to a bound', async () => {
  const pins = Array.from({ length: 1300 }, (_, index): StoredPin => ({
    id: `pin-${index}`,
    created: BigInt(START + index * 1007) * 1_000_000n,
  }));
  const world = open(pins, goodHabits, () => 'none');
  world.order.learn({ order: 'bulk' });
  // What lies beyond a thousand rows is not told once, and is from then on.
  expect(await walked(world, 100, true)).toBeUndefined();
  expect(await walked(world, 100, true)).toHaveLength(1300);
  expect(world.order.recall().order).toBe('newest-first');
});
