import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { Listing, ListPosition } from '../../src/providers/mypit/model.js';
import { readListing } from '../../src/providers/mypit/listing/pager.js';
import { scan, type ListPages } from '../../src/providers/mypit/listing/scan.js';
import { parseList } from '../../src/providers/mypit/wire-list.js';

const reading = {
  facts: { provider: 'mypit', operation: 'list', credential: 'server' },
  delivery: 'answered',
} as const;
const limit = () => new UpstreamError('lookup_limit', { ...reading.facts, delivery: 'answered' });

/** How the model upstream deals with one request: rows that it gives beyond (or short of) what was asked, empty pages before them. */
interface Mood {
  readonly extra: number;
  readonly empty: number;
}

/** An upstream whose cursors are keys of rows: what is deleted shifts nothing. */
class Model {
  readonly asked: { cursor: string | null; numItems: number }[] = [];
  readonly rows: { key: number; id: string; bad: boolean }[];
  constructor(
    count: number,
    private readonly dialect: 'documented' | 'convex',
    private readonly moods: readonly Mood[],
    bad: ReadonlySet<number> = new Set(),
  ) {
    this.rows = Array.from({ length: count }, (_, key) => ({ key, id: `row${key}`, bad: bad.has(key) }));
  }

  remove(id: string): void {
    const index = this.rows.findIndex((row) => row.id === id);
    if (index >= 0) this.rows.splice(index, 1);
  }

  readonly list: ListPages<string> = async ({ cursor, numItems }) => {
    this.asked.push({ cursor, numItems });
    const [from = 0, emptied = 0] = (cursor ?? '0.0').split('.').map(Number);
    // The same request is answered alike: a mood belongs to a place.
    const mood = this.moods[from % this.moods.length] ?? { extra: 0, empty: 0 };
    const behind = this.rows.filter(({ key }) => key >= from);
    if (emptied < mood.empty && behind.length > 0) return this.answer([], true, `${from}.${emptied + 1}`, cursor);
    const page = behind.slice(0, Math.max(1, numItems + mood.extra));
    const last = page.at(-1);
    return this.answer(page, page.length < behind.length, `${last ? last.key + 1 : from}.0`, cursor);
  };

  private answer(page: readonly { id: string; bad: boolean }[], more: boolean, next: string, asked: string | null) {
    const rows = page.map(({ id, bad }) => (bad ? { odd: id } : { _id: id }));
    const body =
      this.dialect === 'convex'
        ? { page: rows, isDone: !more, continueCursor: next }
        : { page: rows, hasMore: more, ...(more && { cursor: next }) };
    return parseList(body, reading, asked, (row) => {
      const { _id } = row as { _id?: string };
      if (_id === undefined)
        throw new UpstreamError('bad_response', { ...reading.facts, delivery: 'answered', reason: 'shape' });
      return _id;
    });
  }
}

const names = (listing: Listing<string>) =>
  listing.edges.map(({ node }) => (node instanceof UpstreamError ? 'bad' : node));
const read = (model: Model, first: number, after: ListPosition | null) => readListing(model.list, first, after, limit);
const dialects = fc.constantFrom('documented', 'convex' as const);
const moods = fc.array(fc.record({ extra: fc.integer({ min: -3, max: 4 }), empty: fc.integer({ min: 0, max: 2 }) }), {
  minLength: 1,
  maxLength: 5,
});

describe('paging', () => {
  it('loses and repeats nothing, from any row on, whatever the pages look like', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(25),
        dialects,
        moods,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(fc.nat(24), { maxLength: 3 }),
        fc.infiniteStream(fc.nat(8)),
        async (count, dialect, mood, sizes, bad, pick) => {
          const model = new Model(count, dialect, mood, new Set(bad));
          const all = model.rows.map((row) => (row.bad ? 'bad' : row.id));
          const seen: string[] = [];
          let after: ListPosition | null = null;
          for (let round = 0; seen.length < all.length || round === 0; round += 1) {
            const first = sizes[round % sizes.length] ?? 1;
            const asked = model.asked.length;
            const listing: Listing<string> = await read(model, first, after);
            expect(listing.hasPreviousPage).toBe(after !== null);
            expect(names(listing)).toEqual(all.slice(seen.length, seen.length + listing.edges.length));
            const more = await listing.hasNextPage();
            expect(model.asked.length - asked).toBeLessThanOrEqual(10);
            if (model.asked.length - asked < 10) {
              expect(listing.edges).toHaveLength(Math.min(first, all.length - seen.length));
              expect(more).toBe(seen.length + listing.edges.length < all.length);
            }
            // Goes on behind any of the rows, not only the last.
            const stop = Math.max(0, listing.edges.length - 1 - (pick.next().value ?? 0));
            seen.push(...names(listing).slice(0, stop + 1));
            after = listing.edges[stop]?.position ?? null;
            if (count === 0) break;
          }
          expect(seen).toEqual(all);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('loses and repeats nothing when rows are deleted on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 25 }),
        dialects,
        moods,
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.record({ stop: fc.nat(6), gone: fc.array(fc.nat(24), { maxLength: 4 }) })),
        async (count, dialect, mood, first, plan) => {
          const model = new Model(count, dialect, mood);
          const seen: string[] = [];
          let after: ListPosition | null = null;
          for (let round = 0; round < 60; round += 1) {
            const listing: Listing<string> = await read(model, first, after);
            const { stop, gone } = plan.next().value ?? { stop: 0, gone: [] };
            const taken = listing.edges.slice(0, Math.max(1, listing.edges.length - stop));
            seen.push(...names({ ...listing, edges: taken }));
            after = taken.at(-1)?.position ?? null;
            if (after === null) break;
            for (const key of gone) model.remove(`row${key}`);
          }
          expect(new Set(seen).size).toBe(seen.length);
          expect(model.rows.map(({ id }) => id).filter((id) => !seen.includes(id))).toEqual([]);
          expect(seen).toEqual(seen.toSorted((a, b) => Number(a.slice(3)) - Number(b.slice(3))));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('asks for what is needed, and looks on for another row only when asked whether there is one', async () => {
    const model = new Model(5, 'convex', [{ extra: 0, empty: 0 }]);
    const listing = await read(model, 2, null);
    expect(model.asked).toEqual([{ cursor: null, numItems: 2 }]);
    expect(await listing.hasNextPage()).toBe(true);
    expect(await listing.hasNextPage()).toBe(true);
    expect(model.asked).toEqual([
      { cursor: null, numItems: 2 },
      { cursor: '2.0', numItems: 1 },
    ]);
    const next = await read(model, 3, listing.edges[1]?.position ?? null);
    expect(names(next)).toEqual(['row2', 'row3', 'row4']);
    expect(await next.hasNextPage()).toBe(false);
    expect(model.asked.slice(2)).toEqual([{ cursor: '2.0', numItems: 3 }]);
  });

  it('asks for a page again in the same way to go on inside it', async () => {
    const model = new Model(10, 'documented', [{ extra: 0, empty: 0 }]);
    const { edges } = await read(model, 5, null);
    expect(edges[1]?.position).toEqual({ start: null, numItems: 5, passed: expect.any(Array) });
    expect(names(await read(model, 2, edges[1]?.position ?? null))).toEqual(['row2', 'row3']);
    expect(model.asked[1]).toEqual({ cursor: null, numItems: 5 });
  });

  it('of 0 rows holds none, and still knows whether there are any', async () => {
    const model = new Model(1, 'convex', [{ extra: 0, empty: 1 }]);
    const listing = await read(model, 0, null);
    expect([listing.edges.length, model.asked.length]).toEqual([0, 0]);
    expect(await listing.hasNextPage()).toBe(true);
    expect(await (await read(new Model(0, 'convex', [{ extra: 0, empty: 0 }]), 0, null)).hasNextPage()).toBe(false);
  });

  it('ends after ten upstream pages: with what it has, or with an error', async () => {
    const model = new Model(3, 'convex', [{ extra: -5, empty: 4 }]);
    const listing = await read(model, 3, null);
    expect([names(listing), await listing.hasNextPage(), model.asked.length]).toEqual([['row0', 'row1'], true, 10]);
    expect(names(await read(model, 3, listing.edges[1]?.position ?? null))).toEqual(['row2']);
    await expect(read(new Model(3, 'convex', [{ extra: 0, empty: 99 }]), 3, null)).rejects.toMatchObject({
      kind: 'lookup_limit',
    });
  });

  it('is stuck behind a page whose cursor is far longer than any', () => {
    const pageWith = (length: number) =>
      parseList({ page: [], hasMore: true, cursor: 'c'.repeat(length) }, reading, null, () => 'row');
    expect(pageWith(16_384)).toMatchObject({ more: true, stuck: false });
    expect(pageWith(16_385)).toMatchObject({ more: false, stuck: true, next: null });
  });

  it('is stuck where the cursors run in a circle, and shows each row once before', async () => {
    let calls = 0;
    const circle: ListPages<string> = async ({ cursor }) => {
      calls += 1;
      const id = cursor ?? 'a';
      return parseList(
        {
          page: [{ _id: id }, { _id: 'same' }],
          isDone: false,
          continueCursor: id === 'a' ? 'b' : id === 'b' ? 'c' : 'b',
        },
        reading,
        cursor,
        () => id,
      );
    };
    const listing = await readListing(circle, 100, null, limit);
    expect([names(listing), await listing.hasNextPage(), calls]).toEqual([['a', 'a', 'b', 'c'], true, 3]);
    expect(await scan(circle, () => false)).toBe('cut');
  });
});

describe('a listing whose pages come otherwise the next time', () => {
  const rows = Array.from({ length: 40 }, (_, key) => `row${key}`);
  /** Pages of the service's own size and order, whatever it is asked for; cursors are places in the listing. */
  const odd = (sizeOf: (nth: number) => number, order: (page: string[], nth: number) => string[]) => {
    let nth = -1;
    const list: ListPages<string> = async ({ cursor }) => {
      nth += 1;
      const from = Number(cursor ?? 0);
      const end = from + sizeOf(nth);
      const page = order(rows.slice(from, end), nth).map((_id) => ({ _id }));
      const body = { page, isDone: end >= rows.length, continueCursor: String(end) };
      return parseList(body, reading, cursor, (row) => (row as { _id: string })._id);
    };
    return list;
  };
  const walk = async (list: ListPages<string>, first: (nth: number) => number) => {
    const seen: string[] = [];
    let after: ListPosition | null = null;
    for (let nth = 0; nth < 200; nth += 1) {
      const listing: Listing<string> = await readListing(list, first(nth), after, limit);
      seen.push(...names(listing));
      after = listing.edges.at(-1)?.position ?? after;
      if (!(await listing.hasNextPage())) return seen;
    }
    throw new Error('it does not end');
  };

  it('in another order: loses and repeats nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat(1_000)),
        async (size, firsts, salt) => {
          const shuffled = (page: string[]) => {
            const weights = new Map(page.map((row) => [row, salt.next().value ?? 0]));
            return page.toSorted((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0));
          };
          const seen = await walk(
            odd(() => size, shuffled),
            (nth) => firsts[nth % firsts.length] ?? 1,
          );
          expect(seen.length).toBe(rows.length);
          expect(seen.toSorted()).toEqual(rows.toSorted());
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of another size: loses and repeats nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (sizes, first) => {
          const list = odd(
            (nth) => sizes[nth % sizes.length] ?? 1,
            (page) => page,
          );
          expect(await walk(list, () => first)).toEqual(rows);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('a listing that answers with the page before', () => {
  /** Three pages of two rows; a page asked for again right behind another is answered by that one `repeats` times. */
  function blinking(repeats: number) {
    const pages = ['a', 'b', 'c'];
    let left = repeats;
    const list: ListPages<string> = async ({ cursor }) => {
      const nth = pages.indexOf(cursor ?? 'a');
      const shown = nth === 1 && left-- > 0 ? 0 : nth;
      const page = [1, 2].map((row) => ({ _id: `${pages[shown]}${row}` }));
      const next = pages[shown + 1];
      const body = { page, hasMore: next !== undefined, ...(next !== undefined && { cursor: next }) };
      return parseList(body, reading, cursor, (row) => (row as { _id: string })._id);
    };
    return list;
  }
  const failure = (why: string) =>
    new UpstreamError('bad_response', {
      ...reading.facts,
      delivery: 'answered',
      reason: why === 'stuck' ? 'pagination_stuck' : 'shape',
    });
  const stuck = { kind: 'bad_response', reason: 'pagination_stuck' };

  it.each([1, 2, 100])('shows what it has, then says so, and loses nothing (pages of %s)', async (first) => {
    const list = blinking(3);
    const seen: string[] = [];
    let failures = 0;
    let after: ListPosition | null = null;
    for (let more = true; more;) {
      let listing: Listing<string>;
      try {
        listing = await readListing(list, first, after, failure);
      } catch (error) {
        expect(error).toMatchObject(stuck);
        failures += 1;
        continue;
      }
      seen.push(...names(listing));
      after = listing.edges.at(-1)?.position ?? after;
      more = await listing.hasNextPage();
    }
    expect(seen).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
    expect(failures).toBeGreaterThan(0);
  });

  it('for ever: an error, with a filter too, and never an end', async () => {
    const list = blinking(Infinity);
    for (const keep of [undefined, (row: string) => row !== 'a2', () => false]) {
      const read = (after: ListPosition | null) => readListing(list, 100, after, failure, keep);
      const first = await read(null).catch((error: unknown) => error);
      const place = first instanceof UpstreamError ? null : (first as Listing<string>).edges.at(-1)?.position;
      if (place === null || place === undefined) expect(first).toMatchObject(stuck);
      else {
        expect(await (first as Listing<string>).hasNextPage()).toBe(true);
        await expect(read(place)).rejects.toMatchObject(stuck);
      }
    }
    expect(await scan(list, () => false)).toBe('cut');
  });

  it('inside a page: that is not taken for the rows behind', async () => {
    const whole = blinking(0);
    const { edges } = await readListing(whole, 3, null, failure);
    const inside = edges[2]?.position;
    expect(inside).toMatchObject({ start: 'b', passed: [expect.any(String)] });
    const list = blinking(1);
    await expect(readListing(list, 3, inside ?? null, failure)).rejects.toMatchObject(stuck);
    expect(names(await readListing(list, 3, inside ?? null, failure))).toEqual(['b2', 'c1', 'c2']);
  });
});

describe('a walk', () => {
  it('ends when it has seen enough, when the listing ends, or after twenty pages', async () => {
    const short = new Model(250, 'documented', [{ extra: 0, empty: 0 }]);
    const ids: string[] = [];
    expect(await scan(short.list, ({ id }) => void ids.push(id ?? ''))).toBe('ended');
    expect([ids.length, short.asked.length]).toEqual([250, 3]);
    expect(await scan(short.list, ({ id }) => id === 'row120')).toBe('enough');
    expect(short.asked.length).toBe(5);
    const long = new Model(2_001, 'convex', [{ extra: 0, empty: 0 }]);
    expect(await scan(long.list, () => false)).toBe('cut');
    expect(long.asked).toHaveLength(20);
    expect(await scan(new Model(2_000, 'convex', [{ extra: 0, empty: 0 }]).list, () => false)).toBe('ended');
  });
});
