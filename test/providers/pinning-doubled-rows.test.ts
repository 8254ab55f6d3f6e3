import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { ListPins } from '../../src/providers/pinning/listing/listing.js';
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

interface World {
  readonly service: PinListing;
  readonly pager: Pager;
}

/** `ties` pins to an instant, the instants `gap` milliseconds apart; every third answer shows its first row twice. */
function open(count: number, ties: number, gap: number, habits: Partial<Habits>): World {
  const pins = Array.from({ length: count }, (_, index) => ({
    id: `pin-${index}`,
    created: BigInt(START + Math.floor(index / ties) * gap) * 1_000_000n,
  }));
  const service = createPinListing(pins, { ...goodHabits, ...habits });
  const list: ListPins = async (request) => {
    const answer = await service.list(request);
    const doubled = service.requests.length % 3 === 0 ? answer.results.slice(0, 1) : [];
    return { ...answer, results: [...doubled, ...answer.results] };
  };
  return { service, pager: createPager({ provider: PROVIDER, list, order: createHabitMemory() }) };
}

/** The names of all pages, or why they could not be read. */
async function walk(pager: Pager, size: number, isForward: boolean): Promise<(string | undefined)[] | string> {
  const names: (string | undefined)[] = [];
  let page: PinPage | undefined;
  try {
    do {
      const at = page?.edges.at(isForward ? -1 : 0)?.position ?? null;
      const slice = isForward ? { first: size, after: at, before: null } : { last: size, before: at, after: null };
      page = await pager.page(everything, slice);
      if (isForward) names.push(...namesOf(page.edges));
      else names.unshift(...namesOf(page.edges));
    } while (isForward ? page.hasNextPage : page.hasPreviousPage);
    return names;
  } catch (error) {
    if (error instanceof UpstreamError) return error.reason ?? error.kind;
    throw error;
  }
}

describe('a service that shows a row twice now and then', () => {
  it.each([
    [10, true],
    [50, true],
    [10, false],
  ])(
    'and ten rows at most, with more pins in a second, hides none in silence: pages of %i',
    async (size, isForward) => {
      const { pager } = open(300, 12, 137, { cap: 10, compares: 's' });
      expect(['pagination_stuck', 'lookup_limit']).toContain(await walk(pager, size, isForward));
    },
  );

  it.each([10, 20, 25, 50])('and lists the oldest first, %i at most, hides none', async (cap) => {
    for (const isForward of [true, false]) {
      const { service, pager } = open(137, 1, 1007, { cap, order: 'asc' });
      expect(await walk(pager, 50, isForward)).toEqual(service.reference().map(({ id }) => nameOf(id)));
    }
  });
});

it('the oldest first, more of them to a second than are shown at once, are read in finer steps', async () => {
  const pins = Array.from({ length: 60 }, (_, index) => ({
    id: `pin-${index}`,
    created: BigInt(START + Math.floor(index / 5) * 137) * 1_000_000n + BigInt(index % 5),
  }));
  const service = createPinListing(pins, { ...goodHabits, cap: 25, order: 'asc', stores: 'ns', shows: 'ns' });
  const pager = createPager({ provider: PROVIDER, list: service.list, order: createHabitMemory() });
  expect(await walk(pager, 50, true)).toEqual(service.reference().map(({ id }) => nameOf(id)));
});
