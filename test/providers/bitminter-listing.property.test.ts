import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { findRows, readPage } from '../../src/providers/bitminter/listing.js';
import type { RowPosition } from '../../src/providers/bitminter/model.js';
import { MovingList } from '../support/moving-list.js';

const cached = fc.boolean();
const pageSizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 });
/** Seconds between a row and the next: mostly some, sometimes none, as when two chains find a block at once. */
const ticks = fc
  .array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 20 })
  .filter((steps) => steps.some((step) => step > 0));

function cycle<T>(items: readonly T[]): () => T {
  let at = 0;
  return () => items[at++ % items.length] as T;
}

interface Walked {
  readonly ids: string[];
  readonly pages: number;
}

/** Pages to the end, each going on from the last row of the one before. */
async function walk(
  list: MovingList,
  sizes: readonly number[],
  betweenPages: () => void,
  check: (page: Awaited<ReturnType<typeof readPage<string>>>, wanted: number) => void = () => undefined,
): Promise<Walked> {
  const size = cycle(sizes);
  const ids: string[] = [];
  let after: RowPosition | null = null;
  for (let pages = 1; ; pages++) {
    const wanted = size();
    const page: Awaited<ReturnType<typeof readPage<string>>> = await readPage(list.listing, { first: wanted, after });
    check(page, wanted);
    ids.push(...page.edges.map(({ node }) => String(node)));
    after = page.edges.at(-1)?.position ?? after;
    if (!page.hasNextPage) return { ids, pages };
    betweenPages();
  }
}

describe('pages of a listing that grows while it is read', () => {
  it('repeat no row and lose none, whatever arrives between any two calls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 330 }),
        pageSizes,
        ticks,
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 4 }),
        cached,
        async (size, sizes, steps, arrivals, pauses, keep) => {
          const arriving = cycle(arrivals);
          const pausing = cycle(pauses);
          let started: readonly string[] | undefined;
          const list = new MovingList(size, cycle(steps), keep, (self) => {
            if (started) self.arrive(arriving());
            started ??= self.rows.map(({ id }) => id);
          });
          // Ten requests find a row again some 600 rows further down, those included that arrive while it is looked for;
          // remembered windows may hide that many arrivals until the end.
          let room = 600 - 10 * Math.max(...arrivals);
          const pause = () => {
            const count = Math.min(room, pausing());
            room -= count;
            list.arrive(count);
          };
          const { ids } = await walk(list, sizes, pause, (page, wanted) => {
            expect(page.edges.length).toBeLessThanOrEqual(wanted);
            if (page.hasNextPage) expect(page.edges.length).toBe(wanted);
          });
          expect(ids).toEqual(started);
        },
      ),
      { numRuns: 250 },
    );
  });

  it('go on from a row in the middle of a page as from its end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 260 }),
        fc.integer({ min: 1, max: 100 }),
        fc.nat(),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 60 }),
        ticks,
        cached,
        async (size, first, pick, next, arrivals, steps, keep) => {
          const list = new MovingList(size, cycle(steps), keep);
          const all = list.rows.map(({ id }) => id);
          const page = await readPage(list.listing, { first, after: null });
          const index = pick % page.edges.length;
          list.arrive(arrivals);
          const follow = await readPage(list.listing, { first: next, after: page.edges[index]?.position ?? null });
          expect(follow.edges.map(({ node }) => node)).toEqual(all.slice(index + 1, index + 1 + next));
          expect(follow.hasNextPage).toBe(index + 1 + next < all.length);
          expect(follow.hasPreviousPage).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('go on after rows vanished at the top, unless the row itself did', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 330 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 120 }),
        fc.integer({ min: 0, max: 8 }),
        ticks,
        cached,
        async (size, first, vanishing, arrivals, steps, keep) => {
          const list = new MovingList(size, cycle(steps), keep, (self) => {
            self.arrive(arrivals % 3);
          });
          const page = await readPage(list.listing, { first, after: null });
          const last = page.edges.at(-1);
          list.vanish(vanishing);
          list.arrive(arrivals);
          const place = list.rows.findIndex(({ id }) => id === last?.position.id);
          const rest = list.rows.slice(place + 1).map(({ id }) => id);
          const follow = await readPage(list.listing, { first: 40, after: last?.position ?? null }).catch(
            (error: unknown) => error,
          );
          if (place >= 0) expect((follow as typeof page).edges.map(({ node }) => node)).toEqual(rest.slice(0, 40));
          // A remembered window may still hold the row; what follows it is right all the same.
          else if (!(follow instanceof UpstreamError)) expect(keep).toBe(true);
          else expect(follow.kind).toBe('cursor_expired');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('find a row far from where it was within ten requests', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 600 }), ticks, cached, async (arrivals, steps, keep) => {
        const list = new MovingList(120, cycle(steps), keep);
        const page = await readPage(list.listing, { first: 60, after: null });
        const rest = list.rows.slice(60).map(({ id }) => id);
        list.arrive(arrivals);
        list.calls = 0;
        const follow = await readPage(list.listing, { first: 100, after: page.edges.at(-1)?.position ?? null });
        expect(follow.edges.map(({ node }) => node)).toEqual(rest);
        expect(list.calls).toBeLessThanOrEqual(14);
      }),
      { numRuns: 150 },
    );
  });
});

describe('rows of one time', () => {
  it('are found where a window of nothing else ends the listing', async () => {
    // Times from the oldest row on: 0 1 1 2 2 3 3 …
    const list = new MovingList(150, cycle([1, 0]), false);
    const all = list.rows.map(({ id }) => id);
    const page = await readPage(list.listing, { first: 100, after: null });
    const second = await readPage(list.listing, { first: 49, after: page.edges.at(-1)?.position ?? null });
    // As far down as lets the search come upon the last row first.
    list.arrive(292);
    const follow = await readPage(list.listing, {
      first: 1,
      after: { ...second.edges.at(-1)?.position, offsetHint: 294 } as RowPosition,
    });
    expect(follow.edges.map(({ node }) => node)).toEqual(all.slice(149));
  });
});

describe('a single walk', () => {
  const still = (size: number) => new MovingList(size, () => 1, true);

  it.each([
    [0, 20, 1],
    [20, 20, 1],
    [49, 100, 1],
    [50, 20, 1],
    [50, 50, 2],
    [51, 50, 2],
    [100, 100, 3],
    [120, 100, 3],
  ])('of %i rows for %i costs %i calls', async (size, first, calls) => {
    const list = still(size);
    const page = await readPage(list.listing, { first, after: null });
    expect(page.edges.length).toBe(Math.min(size, first));
    expect(page.hasNextPage).toBe(size > first);
    expect(list.calls).toBe(calls);
  });

  it('costs nothing for no rows, and nothing again while its windows are remembered', async () => {
    const list = still(200);
    expect(await readPage(list.listing, { first: 0, after: null })).toEqual({
      edges: [],
      hasNextPage: false,
      hasPreviousPage: false,
    });
    expect(list.calls).toBe(0);
    const page = await readPage(list.listing, { first: 60, after: null });
    expect(list.calls).toBe(2);
    await readPage(list.listing, { first: 10, after: page.edges.at(30)?.position ?? null });
    expect(list.calls).toBe(2);
  });

  it('tells where its last row lies since the look at what follows it', async () => {
    const list = still(51);
    await readPage(list.listing, { first: 1, after: null });
    list.arrive(300);
    const page = await readPage(list.listing, { first: 50, after: null });
    expect(page.hasNextPage).toBe(true);
    list.calls = 0;
    await readPage(list.listing, { first: 1, after: page.edges.at(-1)?.position ?? null });
    expect(list.calls).toBeLessThanOrEqual(1);
  });

  it('gives up soon on a row that never was', async () => {
    const list = still(500);
    const gone = readPage(list.listing, { first: 5, after: { id: 'none', time: 1_250, offsetHint: 250 } });
    await expect(gone).rejects.toMatchObject({ kind: 'cursor_expired', operation: 'getPoolBlocks' });
    expect(list.calls).toBeLessThanOrEqual(10);
  });
});

describe('lookups', () => {
  it('find rows wherever they are, in one walk, and tell missing from unknown', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1_200 }),
        fc.array(fc.nat({ max: 1_300 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 5 }),
        cached,
        async (size, picks, arrivals, keep) => {
          const list = new MovingList(
            size,
            () => 1,
            keep,
            (self) => {
              self.arrive(self.calls > 0 ? arrivals : 0);
            },
          );
          const ids = picks.map((pick) => `b${pick}`);
          const found = await findRows(list.listing, ids);
          expect(list.calls).toBeLessThanOrEqual(20);
          found.forEach((row, index) => {
            const id = ids[index] ?? '';
            const place = list.rows.findIndex((candidate) => candidate.id === id);
            if (row === id) return;
            // Those that arrived during the walk may be missed, the others not.
            if (row === null) expect(place === -1 || Number(id.slice(1)) >= size).toBe(true);
            else expect(row).toMatchObject({ kind: 'lookup_limit' });
          });
        },
      ),
      { numRuns: 80 },
    );
  });

  it('know the first thousand rows and no more', async () => {
    const list = new MovingList(1_001, () => 1, true);
    const [last, beyond] = await findRows(list.listing, ['b1', 'b0']);
    expect(last).toBe('b1');
    expect(beyond).toMatchObject({ kind: 'lookup_limit' });
    expect(list.calls).toBe(20);
    await findRows(list.listing, ['b500']);
    expect(list.calls).toBe(20);
  });

  it('do not mix a new window with an older one', async () => {
    const list = new MovingList(150, () => 1, true);
    await findRows(list.listing, ['b0']);
    list.arrive(10);
    await list.listing.read(0, true);
    // Row 99 stood at 50 and stands at 60: between the new first window and the remembered second one.
    expect(await findRows(list.listing, ['b105', 'b99'])).toEqual(['b105', 'b99']);
  });
});
