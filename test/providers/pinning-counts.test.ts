import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { ListedPin } from '../../src/providers/pinning/listing/listing.js';
import type { PinPage, PinPosition } from '../../src/providers/pinning/model.js';
import { hasMore } from '../../src/providers/pinning/listing/all-rows.js';
import { createHabitMemory, createPager } from '../../src/providers/pinning/listing/pages.js';
import {
  createPinListing,
  everything,
  goodHabits,
  PROVIDER,
  type Habits,
  type StoredPin,
} from '../support/pin-listing.js';

const row: ListedPin = {
  id: 'a',
  createdAt: null,
  cidKey: null,
  marker: null,
  pin: new UpstreamError('bad_response', { provider: PROVIDER, operation: 'getPins', delivery: 'answered' }),
};

describe('pages of a service that counts wrong', () => {
  it.each([
    [3, 5],
    [3, 2],
    [30, 5],
    [30, 100],
  ])(
    'end after %i pins of which a service says that there are more, and repeat none: pages of %i',
    async (stored, first) => {
      const service = createPinListing(
        Array.from({ length: stored }, (_, index): StoredPin => ({
          id: `pin-${index}`,
          created: BigInt(1_730_800_000_000 + index * 1007) * 1_000_000n,
        })),
        goodHabits,
      );
      const pager = createPager({
        provider: PROVIDER,
        order: createHabitMemory(),
        list: async (request) => ({ ...(await service.list(request)), count: 5_000 }),
      });
      const seen: string[] = [];
      let after: PinPosition | null = null;
      for (let more = true; more;) {
        const page = await pager.page(everything, { first, after, before: null });
        if (page.edges.length === 0) break;
        seen.push(...page.edges.map(({ node }) => (node instanceof Error ? '' : node.requestId)));
        after = page.edges.at(-1)?.position ?? null;
        more = page.hasNextPage;
        // Where the page is the whole listing, it contradicts the service.
        if (first > stored) expect(await page.totalCount()).toBeNull();
      }
      expect(new Set(seen).size).toBe(stored);
      expect(seen).toHaveLength(stored);
      expect(service.requests.length).toBeLessThan(60);
    },
  );
});

it.each(['pin', 'all', undefined] as const)(
  'a total filtered here is told when every row is read; unreadable: %s',
  async (bad) => {
    const pins = Array.from({ length: 30 }, (_, index): StoredPin => ({
      id: `pin-${index}`,
      created: BigInt(1_730_800_000_000 + index * 1007) * 1_000_000n,
      ...(index === 12 && { bad }),
      pin: { name: index % 3 === 0 ? 'kept' : 'other' },
    }));
    const service = createPinListing(pins, goodHabits);
    // It answers nothing to a name, so that names have to be looked at here.
    const list: typeof service.list = async (request) =>
      request.name === null ? service.list(request) : { count: 0, results: [] };
    const pager = createPager({ provider: PROVIDER, order: createHabitMemory(), list });
    const page = await pager.page({ ...everything, name: 'kept' }, { first: 40, after: null, before: null });
    expect(page.edges).toHaveLength(10);
    expect(await page.totalCount()).toBe(bad === undefined ? 10 : null);
  },
);

describe('a service that never shows more than', () => {
  const pins = Array.from({ length: 97 }, (_, index): StoredPin => ({
    id: `pin-${index}`,
    created: BigInt(1_730_800_000_000 + index * 1007) * 1_000_000n,
  }));

  it.each([10, 16, 20, 30, 32, 50, 60, 64])('%i rows, and counts what it shows, hides no pin', async (cap) => {
    for (const size of [5, 20, 30, 100]) {
      for (const direction of ['first', 'last'] as const) {
        const { list } = createPinListing(pins, { ...goodHabits, count: 'returned', cap });
        const pager = createPager({ provider: PROVIDER, order: createHabitMemory(), list });
        const seen = new Set<string>();
        let at: PinPosition | null = null;
        for (let more = true; more;) {
          const forward = direction === 'first';
          const page: PinPage = await pager.page(
            everything,
            forward ? { first: size, after: at, before: null } : { last: size, after: null, before: at },
          );
          for (const { node } of page.edges) seen.add(node instanceof Error ? '' : node.requestId);
          at = page.edges.at(forward ? -1 : 0)?.position ?? null;
          more = forward ? page.hasNextPage : page.hasPreviousPage;
        }
        expect([direction, size, seen.size]).toEqual([direction, size, pins.length]);
      }
    }
  });
});

it('a service that never shows more than 25, and counts what it shows, is believed no total that its pages refute', async () => {
  const pins = Array.from({ length: 65 }, (_, index): StoredPin => ({
    id: `pin-${index}`,
    created: BigInt(1_730_800_000_000 + index * 1007) * 1_000_000n,
  }));
  const { list } = createPinListing(pins, { ...goodHabits, count: 'returned', cap: 25 });
  const pager = createPager({ provider: PROVIDER, order: createHabitMemory(), list });
  const totals: (number | null)[] = [];
  let rows = 0;
  let after: PinPosition | null = null;
  for (let more = true; more;) {
    const page: PinPage = await pager.page(everything, { first: 20, after, before: null });
    rows += page.edges.length;
    totals.push(await page.totalCount());
    after = page.edges.at(-1)?.position ?? null;
    more = page.hasNextPage;
  }
  expect(rows).toBe(65);
  // Of the first page nothing shows yet that there is more than what was counted.
  expect(totals.slice(1)).toEqual([null, null, null]);
  expect(await (await pager.page(everything, { first: 20, after: null, before: null })).totalCount()).toBeNull();
});

describe('a service that counts one row more than it returns while there are more', () => {
  const pins = (count: number) =>
    Array.from({ length: count }, (_, index): StoredPin => ({
      id: `pin-${index}`,
      created: BigInt(1_730_800_000_000 + index * 1007) * 1_000_000n,
    }));

  it.each([
    [5, 150],
    [20, 300],
    [50, 300],
    [100, 1500],
  ])('is believed no total: pages of %i, %i pins', async (first, stored) => {
    const service = createPinListing(pins(stored), { ...goodHabits, count: 'next' });
    const pager = createPager({ provider: PROVIDER, order: createHabitMemory(), list: service.list });
    let rows = 0;
    let page: PinPage | undefined;
    do {
      page = await pager.page(everything, { first, after: page?.edges.at(-1)?.position ?? null, before: null });
      rows += page.edges.length;
      expect(await page.totalCount()).toBeNull();
    } while (page.hasNextPage);
    expect(rows).toBe(stored);
  });

  it('is found out by one call more, once, and told apart from one that has one pin more than the page', async () => {
    const totals = async (count: Habits['count'], stored: number) => {
      const service = createPinListing(pins(stored), { ...goodHabits, count });
      const pager = createPager({ provider: PROVIDER, order: createHabitMemory(), list: service.list });
      const told: unknown[] = [];
      for (let pages = 0; pages < 2; pages += 1) {
        const page = await pager.page(everything, { first: 30, after: null, before: null });
        told.push(await page.totalCount(), service.requests.splice(0).length);
      }
      return told;
    };
    expect(await totals('next', 300)).toEqual([null, 2, null, 1]);
    expect(await totals('filtered', 32)).toEqual([32, 2, 32, 2]);
    expect(await totals('filtered', 300)).toEqual([300, 1, 300, 1]);
    // What was read whole is known, whatever the count.
    expect(await totals('next', 25)).toEqual([25, 1, 25, 1]);
  });

  it('is refuted by a page that holds more', async () => {
    const { list } = createPinListing(pins(300));
    const pager = createPager({
      provider: PROVIDER,
      order: createHabitMemory(),
      list: async (request) => ({ ...(await list(request)), count: request.limit === 1 ? 7 : 300 }),
    });
    const first = await pager.page(everything, { first: 20, after: null, before: null });
    const second = await pager.page(everything, {
      first: 20,
      after: first.edges.at(-1)?.position ?? null,
      before: null,
    });
    expect([await first.totalCount(), await second.totalCount()]).toEqual([300, null]);
  });
});

it('a row that came twice is no second pin of a total', async () => {
  const { list } = createPinListing(
    Array.from({ length: 23 }, (_, index): StoredPin => ({
      id: `pin-${index}`,
      created: BigInt(1_730_800_000_000 + index * 1007) * 1_000_000n,
    })),
    goodHabits,
  );
  const pager = createPager({
    provider: PROVIDER,
    order: createHabitMemory(),
    list: async (request) => {
      const { results } = await list(request);
      const rows = request.limit === 1000 ? [...results.slice(0, 1), ...results] : results;
      return { results: rows, count: rows.length };
    },
  });
  const page = await pager.page(everything, { first: 5, after: null, before: null });
  expect([23, null]).toContain(await page.totalCount());
});

it('a listing with as many rows as a page can have may go on, whatever it counts', () => {
  const rows = (length: number) => ({ count: length, results: Array.from({ length }, () => row) });
  expect([999, 1_000].map((length) => hasMore(rows(length)))).toEqual([false, true]);
});
