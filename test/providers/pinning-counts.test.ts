import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { ListedPin } from '../../src/providers/pinning/listing/listing.js';
import type { PinPage, PinPosition } from '../../src/providers/pinning/model.js';
import { hasMore } from '../../src/providers/pinning/listing/all-rows.js';
import { createHabitMemory, createPager } from '../../src/providers/pinning/listing/pages.js';
import { createPinListing, everything, goodHabits, PROVIDER, type StoredPin } from '../support/pin-listing.js';

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

it('a listing with as many rows as a page can have may go on, whatever it counts', () => {
  const rows = (length: number) => ({ count: length, results: Array.from({ length }, () => row) });
  expect([999, 1_000].map((length) => hasMore(rows(length)))).toEqual([false, true]);
});
