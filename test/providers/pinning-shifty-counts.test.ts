import { describe, expect, it } from 'vitest';
import type { PinPage, PinSlice } from '../../src/providers/pinning/model.js';
import { createHabitMemory, createPager, type Pager } from '../../src/providers/pinning/listing/pages.js';
import { createPinListing, everything, goodHabits, namesOf, PROVIDER, type StoredPin } from '../support/pin-listing.js';

const START = 1_730_800_000_000;
const row = (count: number, gap: number): StoredPin[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `pin-${index}`,
    created: BigInt(START + index * gap) * 1_000_000n,
  }));
const newestFirst = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `pin-${count - 1 - index}`);

/** Counts all that there is for some answers, and what it returns from then on. */
function shifty(stored: readonly StoredPin[], honest: number): Pager {
  const service = createPinListing(stored, goodHabits);
  return createPager({
    provider: PROVIDER,
    order: createHabitMemory(),
    list: async (request) => {
      const answer = await service.list(request);
      return service.requests.length <= honest ? answer : { ...answer, count: answer.results.length };
    },
  });
}

async function walk(
  pager: Pager,
  direction: 'first' | 'last',
  size: number,
  most: number,
): Promise<(string | undefined)[]> {
  const ids: (string | undefined)[] = [];
  let page: PinPage | undefined;
  do {
    const forward = direction === 'first';
    const at = (forward ? page?.edges.at(-1) : page?.edges[0])?.position ?? null;
    const slice: PinSlice = forward
      ? { first: size, after: at, before: null }
      : { last: size, after: null, before: at };
    page = await pager.page(everything, slice);
    const found = page.edges.map(({ node }) => (node instanceof Error ? undefined : node.requestId));
    if (forward) ids.push(...found);
    else ids.unshift(...found);
  } while ((direction === 'first' ? page.hasNextPage : page.hasPreviousPage) && ids.length < most);
  return ids;
}

describe('a service that counts all at first, and what it returns later', () => {
  it.each([1, 2, 3, 5])(
    'shows thirty-six pins one by one, whatever its count meant before (%i honest answers)',
    async (honest) => {
      expect(await walk(shifty(row(36, 1007), honest), 'first', 1, 100)).toEqual(newestFirst(36));
    },
  );

  it.each([1, 2, 3])('begins at the oldest of fifteen hundred from the back (%i honest answers)', async (honest) => {
    const found = await walk(shifty(row(1_500, 1007), honest), 'last', 3, 9);
    expect(found).toEqual(['pin-8', 'pin-7', 'pin-6', 'pin-5', 'pin-4', 'pin-3', 'pin-2', 'pin-1', 'pin-0']);
  });
});

it('a service that showed all at first, and later fifty of them, which it counts, is believed no total', async () => {
  const order = createHabitMemory();
  const totalOf = async (habits: Partial<typeof goodHabits>, stored: number) => {
    const service = createPinListing(row(stored, 1007), { ...goodHabits, ...habits });
    const pager = createPager({ provider: PROVIDER, order, list: service.list });
    const page = await pager.page(everything, { first: 5, after: null, before: null });
    const total = await page.totalCount();
    return [total, service.requests.length];
  };
  expect(await totalOf({ count: 'returned' }, 260)).toEqual([260, 2]);
  expect((await totalOf({ count: 'returned', cap: 50 }, 260))[0]).toBeNull();
  // Fifty that are all there is are told by a service that counts them.
  expect((await totalOf({}, 50))[0]).toBe(50);
});

describe('pins of one instant, and nothing else', () => {
  it.each([20, 30, 50, 64, 100, 200])('all %i are shown where the count is what is returned', async (count) => {
    const service = createPinListing(row(count, 0), { ...goodHabits, count: 'returned' });
    const pager = createPager({ provider: PROVIDER, list: service.list, order: createHabitMemory() });
    const page = await pager.page(everything, { first: 100, after: null, before: null });
    const rest = page.hasNextPage
      ? await pager.page(everything, { first: 100, after: page.edges.at(-1)?.position ?? null, before: null })
      : undefined;
    expect(new Set([...namesOf(page.edges), ...namesOf(rest?.edges ?? [])]).size).toBe(count);
    expect((rest ?? page).hasNextPage).toBe(false);
  });
});
