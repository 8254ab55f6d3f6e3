import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { PinPage, PinPosition, PinSlice } from '../../src/providers/pinning/model.js';
import { createHabitMemory, createPager, type Pager } from '../../src/providers/pinning/listing/pages.js';
import { toMillis } from '../../src/values/instant.js';
import {
  createPinListing,
  everything,
  nameOf,
  positionOf,
  PROVIDER,
  relayPage,
  type Habits,
  type PinListing,
  type StoredPin,
} from '../support/pin-listing.js';

const START = 1_730_800_000n * 1_000_000_000n;
const RUNS = 300;

const created = fc
  .tuple(
    fc.integer({ min: 0, max: 25 }),
    fc.constantFrom(0n, 0n, 1n, 5_000_000n, 5_000_001n, 5_250_000n, 5_999_999n, 760_000_000n, 999_999_999n),
  )
  .map(([second, nanos]) => START + BigInt(second) * 1_000_000_000n + nanos);
const bad = fc.constantFrom(
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  'pin' as const,
  'all' as const,
);
const block = fc.record({ at: created, size: fc.constantFrom(0, 0, 0, 2, 15, 25, 60, 300) });
const pins = fc
  .tuple(fc.array(fc.record({ created, bad }), { maxLength: 70 }), block)
  .map(([rows, { at, size }]): StoredPin[] => {
    const tied = Array.from({ length: size }, () => ({ created: at, bad: undefined }));
    return [...rows.slice(0, 35), ...tied, ...rows.slice(35)].map((row, index) => ({ ...row, id: `pin-${index}` }));
  });
const habits = fc.record<Habits>({
  order: fc.constantFrom('desc', 'desc', 'desc', 'desc', 'asc', 'unsorted'),
  bounds: fc.constantFrom('strict', 'strict', 'inclusive'),
  stores: fc.constantFrom('s', 'ms', 'us', 'ns'),
  shows: fc.constantFrom('s', 'ms', 'ns'),
  compares: fc.constantFrom('s', 'ms', 'us', 'ns', 'ns'),
  zone: fc.constantFrom('Z', '+02:00', '-05:30'),
  count: fc.constantFrom('filtered', 'filtered', 'returned', 'total'),
  cap: fc.constantFrom(1000, 1000, 20),
});
const size = fc.constantFrom(0, 1, 2, 5, 10, 20, 100);
/** A page size that walks a listing in fifteen pages or fewer. */
const stride = (n: number, stored: readonly StoredPin[]): number => Math.max(n, Math.ceil(stored.length / 15));

interface World {
  readonly service: PinListing;
  readonly pager: Pager;
  readonly habits: Habits;
}
function open(stored: readonly StoredPin[], how: Habits): World {
  // Twenty rows of one second, all of it that a service ever shows or counts, are taken for all that there is.
  const sizes = new Map<bigint, number>();
  for (const { created } of stored) sizes.set(created / 1_000_000_000n, (sizes.get(created / 1_000_000_000n) ?? 0) + 1);
  fc.pre(how.count !== 'returned' || how.cap !== 20 || Math.max(0, ...sizes.values()) < 20);
  // A row without a time has a place of its own only where rows have one.
  const placed = stored.map((row): StoredPin =>
    row.bad === 'all' && how.order !== 'desc' ? { ...row, bad: 'pin' } : row,
  );
  const service = createPinListing(placed, how);
  return {
    service,
    habits: how,
    pager: createPager({ provider: PROVIDER, list: service.list, order: createHabitMemory() }),
  };
}

/** The page, or undefined when the service makes it impossible to know it and the pager said so. */
async function pageOf({ service, pager, habits: how }: World, slice: PinSlice): Promise<PinPage | undefined> {
  const asked = service.requests.length;
  try {
    return await pager.page(everything, slice);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    if (error.kind === 'lookup_limit') {
      // A walk to the oldest is bounded; a list in disorder cannot be walked at all.
      const walkToOldest = 'last' in slice && !slice.before && service.requests.length - asked >= 20;
      // One in disorder that does not count either may not even be known to be whole, when its length is that of a usual limit.
      const unproven =
        how.order !== 'desc' && (how.cap === 20 || (how.count === 'returned' && isUsualLimit(service.pins.length)));
      expect(unproven || (how.cap === 20 && walkToOldest), 'lookup_limit').toBe(true);
    } else {
      expect(error.reason).toBe('pagination_stuck');
      expect((how.cap === 20 && crowded(service)) || alike(service, how), 'stuck').toBe(true);
    }
    return undefined;
  }
}

/**
 * Without a count, twenty pins that are all there is look like twenty of many when no bound can part them: bounds have
 * milliseconds, and some services compare whole seconds.
 */
function alike(service: PinListing, how: Habits): boolean {
  const steps = service.reference().map(({ at }) => (how.compares === 's' ? at.seconds : toMillis(at)));
  return how.count === 'returned' && new Set(steps).size === 1;
}

function isUsualLimit(length: number): boolean {
  return length % 10 === 0 || Number.isInteger(Math.log2(length));
}

/** Whether so many pins share one second that an answer cut to twenty rows may be filled by them. */
function crowded(service: PinListing): boolean {
  const sizes = new Map<number, number>();
  for (const { at } of service.reference()) sizes.set(at.seconds, (sizes.get(at.seconds) ?? 0) + 1);
  return Math.max(0, ...sizes.values()) >= 20;
}

/** A page as it was told: each look at a position of an edge works it out anew. */
interface ToldPage {
  readonly positions: readonly PinPosition[];
  readonly names: readonly (string | undefined)[];
  readonly hasPreviousPage: boolean;
  readonly hasNextPage: boolean;
}

async function expectPage(world: World, slice: PinSlice): Promise<ToldPage | undefined> {
  const page = await pageOf(world, slice);
  if (!page) return undefined;
  const { hasPreviousPage, hasNextPage } = page;
  const positions = page.edges.map((edge) => edge.position);
  const names = positions.map((position) => position.seen.at(-1));
  const expected = relayPage(world.service.reference(), slice);
  expect(names).toEqual(expected.ids.map(nameOf));
  // In a page of one instant each position names all rows before it: `expect` takes longest of all to compare them.
  if (!isDeepStrictEqual(positions, expected.positions)) expect(positions).toEqual(expected.positions);
  const next = alike(world.service, world.habits) ? hasNextPage : expected.next;
  expect([hasPreviousPage, hasNextPage]).toEqual([expected.previous, next]);
  return { positions, names, hasPreviousPage, hasNextPage };
}

/** Rows without a time behind one of a later second, which bounds of whole seconds part from it. */
const timeless: StoredPin[] = [
  { created: START + 1_760_000_000n, id: 'pin-0' },
  { created: START, bad: 'all', id: 'pin-1' },
  { created: START, id: 'pin-2' },
  { created: START + 5_000_001n, bad: 'all', id: 'pin-3' },
];
const wholeSeconds: Habits = {
  order: 'desc',
  bounds: 'strict',
  stores: 'us',
  shows: 'ms',
  compares: 's',
  zone: 'Z',
  count: 'filtered',
  cap: 1000,
};

describe('pages of pins, whatever the service does', () => {
  it('walk forward over every pin once, while newer ones arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        pins,
        habits,
        size.filter((n) => n > 0),
        fc.boolean(),
        async (stored, how, first, arrivals) => {
          const world = open(stored, how);
          const expected = world.service.reference().map((row) => nameOf(row.id));
          const arrive = arrivals && how.order === 'desc' && !stored.some((row) => row.bad === 'all');
          const walked: (string | undefined)[] = [];
          let page: ToldPage | undefined;
          do {
            page = await expectPage(world, {
              first: stride(first, stored),
              after: page?.positions.at(-1) ?? null,
              before: null,
            });
            if (!page) return;
            walked.push(...page.names);
            const index = world.service.pins.length;
            if (arrive)
              world.service.pins.unshift({
                id: `new-${index}`,
                created: START + 100_000_000_000n + BigInt(index) * 250_000_000n,
              });
          } while (page.hasNextPage);
          expect(walked).toEqual(expected);
        },
      ),
      { numRuns: RUNS },
    );
  }, 60_000);

  it('walk backward over every pin once', async () => {
    await fc.assert(
      fc.asyncProperty(
        pins,
        habits,
        size.filter((n) => n > 0),
        async (stored, how, last) => {
          const world = open(stored, how);
          const walked: (string | undefined)[] = [];
          let page: ToldPage | undefined;
          do {
            page = await expectPage(world, {
              last: stride(last, stored),
              before: page?.positions[0] ?? null,
              after: null,
            });
            if (!page) return;
            walked.unshift(...page.names);
          } while (page.hasPreviousPage);
          expect(walked).toEqual(world.service.reference().map((row) => nameOf(row.id)));
        },
      ),
      { numRuns: RUNS, examples: [[timeless, wholeSeconds, 2]] },
    );
  }, 60_000);

  it('hold what Relay says for any slice between any two cursors', async () => {
    const place = fc.option(fc.double({ min: 0, max: 0.9999, noNaN: true }), { freq: 3 });
    await fc.assert(
      fc.asyncProperty(pins, habits, size, place, place, fc.boolean(), async (stored, how, n, from, to, forward) => {
        const world = open(stored, how);
        const rows = world.service.reference();
        const at = (share: number | null): PinSlice['after'] =>
          share === null || rows.length === 0 ? null : positionOf(rows, Math.floor(share * rows.length));
        const cursors = { after: at(from), before: at(to) };
        await expectPage(world, forward ? { first: n, ...cursors } : { last: n, ...cursors });
      }),
      { numRuns: RUNS * 2 },
    );
  });

  it('tell a total that is right or none', async () => {
    await fc.assert(
      fc.asyncProperty(pins, habits, size, async (stored, how, first) => {
        const world = open(stored, how);
        const page = await pageOf(world, { first, after: null, before: null });
        const total = await page?.totalCount();
        if (typeof total === 'number') expect(total).toBe(stored.length);
        if (page && how.count !== 'returned') expect(total).toBe(stored.length);
      }),
      { numRuns: RUNS },
    );
  });
});
