import { describe, expect, it } from 'vitest';
import type { PinPage } from '../../src/providers/pinning/model.js';
import { createHabitMemory, createPager, type Pager } from '../../src/providers/pinning/listing/pages.js';
import {
  createPinListing,
  everything,
  goodHabits,
  nameOf,
  namesOf,
  PROVIDER,
  type Habits,
  type PinListing,
} from '../support/pin-listing.js';

const START = 1_730_800_000_000;
const lookupLimit = expect.objectContaining({ kind: 'lookup_limit', provider: PROVIDER });

function open(count: number, habits: Partial<Habits>): { readonly service: PinListing; readonly pager: Pager } {
  const pins = Array.from({ length: count }, (_, index) => ({
    id: `pin-${index}`,
    created: BigInt(START + index * 60_000) * 1_000_000n,
  }));
  const service = createPinListing(pins, { ...goodHabits, ...habits });
  return { service, pager: createPager({ provider: PROVIDER, list: service.list, order: createHabitMemory() }) };
}

/** The names of all pages, one after the other. */
async function walk(pager: Pager, isForward: boolean): Promise<(string | undefined)[]> {
  const names: (string | undefined)[] = [];
  let page: PinPage | undefined;
  do {
    const at = page?.edges.at(isForward ? -1 : 0)?.position ?? null;
    const slice = isForward ? { first: 100, after: at, before: null } : { last: 100, before: at, after: null };
    page = await pager.page(everything, slice);
    if (isForward) names.push(...namesOf(page.edges));
    else names.unshift(...namesOf(page.edges));
  } while (isForward ? page.hasNextPage : page.hasPreviousPage);
  return names;
}

describe('a service that shows the newest pins, and sorts each answer oldest first', () => {
  it.each<readonly [number, Partial<Habits>]>([
    [1500, {}],
    [1500, { count: 'returned' }],
    [300, { cap: 100 }],
    [300, { cap: 100, count: 'returned' }],
    [300, { cap: 100, shows: 's', compares: 's' }],
  ])('hides none of %i pins: %j', async (count, habits) => {
    for (const isForward of [true, false]) {
      const { service, pager } = open(count, { order: 'turned', ...habits });
      const expected = service.reference().map(({ id }) => nameOf(id));
      expect(await walk(pager, isForward)).toEqual(expected);
    }
  });

  it.each<readonly [number, Partial<Habits>]>([
    [300, { cap: 10 }],
    [300, { cap: 10, count: 'returned' }],
    [1500, { count: 'total' }],
    [1500, { bounds: 'ignored' }],
    [1500, { bounds: 'ignored', count: 'returned' }],
  ])('says so where it gives no way to all %i: %j', async (count, habits) => {
    for (const isForward of [true, false]) {
      const { pager } = open(count, { order: 'turned', ...habits });
      const slice = isForward ? { first: 5, after: null, before: null } : { last: 5, after: null, before: null };
      await expect(pager.page(everything, slice)).rejects.toEqual(lookupLimit);
    }
  });

  it('is found out where it pays no heed to how many are asked for', async () => {
    const { service } = open(300, { order: 'turned', cap: 100 });
    const pager = createPager({
      provider: PROVIDER,
      order: createHabitMemory(),
      list: (request) => service.list({ ...request, limit: 1000 }),
    });
    expect(await walk(pager, true)).toHaveLength(300);
  });
});

describe('a service that lists the oldest first and has more than it shows at once', () => {
  it.each<readonly [Habits['count'], number[]]>([
    // What was found is what was counted.
    ['filtered', [0, 0]],
    ['total', [0, 0]],
    // Once, by two rows alone.
    ['returned', [1, 0]],
  ])('is asked little for proof that it begins at the oldest; it counts: %s', async (count, asked) => {
    const { service, pager } = open(1500, { order: 'asc', count });
    const costs: number[] = [];
    for (let pages = 0; pages < 2; pages += 1) {
      await pager.page(everything, { first: 20, after: null, before: null });
      costs.push(service.requests.splice(0).filter(({ limit }) => limit === 2).length);
    }
    expect(costs).toEqual(asked);
  });

  it('is believed its end although it counts more, when nothing older is there', async () => {
    const { service } = open(1500, { order: 'asc' });
    const list: typeof service.list = async (request) => ({ ...(await service.list(request)), count: 5000 });
    const pager = createPager({ provider: PROVIDER, order: createHabitMemory(), list });
    expect(await walk(pager, true)).toEqual(service.reference().map(({ id }) => nameOf(id)));
  });
});
