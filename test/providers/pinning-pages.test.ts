import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/errors.js';
import type { PinPage, PinPosition, PinSlice } from '../../src/providers/pinning/model.js';
import {
  createHabitMemory,
  createPager,
  positionId,
  type Pager,
  type PagerOptions,
} from '../../src/providers/pinning/listing/pages.js';
import { instantFromMillis, parseInstant } from '../../src/values/instant.js';
import {
  createPinListing,
  everything,
  goodHabits,
  namesOf,
  PROVIDER,
  type Habits,
  type PinListing,
  type StoredPin,
} from '../support/pin-listing.js';
import { parseCid, type ParsedCid } from '../../src/values/cid.js';

const START = 1_730_800_000_000;
const CID = 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu';

/** Pins `gap` milliseconds apart, newest last, named by number. */
function row(count: number, gap = 1007, from = START): StoredPin[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `pin-${index}`,
    created: BigInt(from + index * gap) * 1_000_000n,
  }));
}
function open(
  pins: readonly StoredPin[],
  habits: Partial<Habits> = {},
  options: Partial<PagerOptions> = {},
): { service: PinListing; pager: Pager } {
  const service = createPinListing(pins, { ...goodHabits, ...habits });
  return {
    service,
    pager: createPager({ provider: PROVIDER, list: service.list, order: createHabitMemory(), ...options }),
  };
}
const forward = (first: number, after: PinPosition | null = null): PinSlice => ({ first, after, before: null });
const backward = (last: number, before: PinPosition | null = null): PinSlice => ({ last, after: null, before });
const names = (count: number, from: number): string[] =>
  Array.from({ length: count }, (_, index) => positionId(`pin-${from - index}`));
const end = (page: PinPage): PinPosition | null => page.edges.at(-1)?.position ?? null;
const start = (page: PinPage): PinPosition | null => page.edges[0]?.position ?? null;
const lookupLimit = expect.objectContaining({ kind: 'lookup_limit', provider: PROVIDER });
const stuck = expect.objectContaining({ kind: 'bad_response', reason: 'pagination_stuck', provider: PROVIDER });

describe('what pages of a well-behaved service cost', () => {
  it('is one call each, forward', async () => {
    const { service, pager } = open(row(46));
    let page = await pager.page(everything, forward(20));
    expect(namesOf(page.edges)).toEqual(names(20, 45));
    expect(await page.totalCount()).toBe(46);
    expect(service.requests).toHaveLength(1);
    expect(service.requests[0]).toEqual({
      cids: [],
      name: null,
      match: 'EXACT',
      status: ['QUEUED', 'PINNING', 'PINNED', 'FAILED'],
      before: null,
      after: null,
      meta: null,
      limit: 21,
    });
    page = await pager.page(everything, forward(20, end(page)));
    page = await pager.page(everything, forward(20, end(page)));
    expect(namesOf(page.edges)).toEqual(names(6, 5));
    expect([page.hasNextPage, page.hasPreviousPage]).toEqual([false, true]);
    expect(service.requests.map((request) => request.limit)).toEqual([21, 22, 22]);
  });

  it('is one call each, backward, near the head', async () => {
    const { service, pager } = open(row(600));
    const last = await pager.page(everything, backward(10));
    const page = await pager.page(everything, backward(10, start(last)));
    expect(namesOf(page.edges)).toEqual(names(10, 19));
    expect(service.requests).toHaveLength(2);
  });

  it('is a few calls backward with thousands of newer pins, and the page is exact', async () => {
    const { service, pager } = open(row(9000));
    const { edges } = await pager.page(everything, backward(1));
    service.requests.length = 0;
    const page = await pager.page(everything, backward(10, edges[0]?.position ?? null));
    expect(namesOf(page.edges)).toEqual(names(10, 10));
    expect([page.hasNextPage, page.hasPreviousPage]).toEqual([true, true]);
    expect(service.requests.length).toBeLessThanOrEqual(10);
  });

  it('asks one row more for a total that the page does not prove, and only once', async () => {
    const { service, pager } = open(row(46));
    const first = await pager.page(everything, forward(20));
    const page = await pager.page(everything, forward(20, end(first)));
    expect(await Promise.all([page.totalCount(), page.totalCount()])).toEqual([46, 46]);
    expect(service.requests.slice(2)).toEqual([expect.objectContaining({ before: null, after: null, limit: 1 })]);
  });

  it('is nothing for states that cannot be asked for, and one listing per ten spellings of CIDs', async () => {
    const { service, pager } = open(row(3));
    const none = await pager.page({ ...everything, status: ['REMOVED', 'UNKNOWN'] }, forward(5));
    expect([none.edges, none.hasNextPage, await none.totalCount()]).toEqual([[], false, 0]);
    expect(service.requests).toEqual([]);
    await pager.page({ ...everything, cids: manyCids(25), status: ['PINNED', 'REMOVED'] }, forward(5));
    expect(service.requests.map((request) => [request.cids.length, request.status])).toEqual([
      [10, ['PINNED']],
      [10, ['PINNED']],
      [5, ['PINNED']],
    ]);
  });
});

function manyCids(count: number): ParsedCid[] {
  return Array.from({ length: count }, (_, index) => ({
    text: `cid-${index}`,
    key: `cid-${index}`,
    spellings: [`cid-${index}`],
  }));
}

describe('what services do to pages', () => {
  it('hold more pins in one second than a page, shown in whole seconds of another zone', async () => {
    const { service, pager } = open(row(70, 20), { stores: 'ms', shows: 's', zone: '-05:00' });
    const walked: (string | undefined)[] = [];
    let page: PinPage | undefined;
    do {
      page = await pager.page(everything, forward(7, page ? end(page) : null));
      walked.push(...namesOf(page.edges));
    } while (page.hasNextPage);
    expect(walked).toEqual(names(70, 69));
    expect(service.requests.every((request) => request.before === null || request.before.endsWith('.000Z'))).toBe(true);
  });

  it('cut bounds to whole seconds: one call more, once', async () => {
    const { service, pager } = open(row(60, 130), { compares: 's' });
    const first = await pager.page(everything, forward(20));
    const second = await pager.page(everything, forward(20, end(first)));
    const calls = service.requests.length;
    const third = await pager.page(everything, forward(20, end(second)));
    expect([first, second, third].flatMap((page) => namesOf(page.edges))).toEqual(names(60, 59));
    expect([calls, service.requests.length - calls]).toEqual([3, 1]);
  });

  it('list the oldest first: everything is read at once, and from then on at the first call', async () => {
    const { service, pager } = open(row(317), { order: 'asc', count: 'returned' });
    const first = await pager.page(everything, forward(20));
    expect(namesOf(first.edges)).toEqual(names(20, 316));
    expect(service.requests.map((request) => request.limit)).toEqual([21, 1000]);
    service.requests.length = 0;
    const second = await pager.page(everything, forward(20, end(first)));
    expect(namesOf(second.edges)).toEqual(names(20, 296));
    expect(service.requests[0]).toEqual(expect.objectContaining({ limit: 1000, before: null }));
  });

  it.each<Partial<Habits>>([
    {},
    { count: 'returned' },
    { bounds: 'inclusive', count: 'returned' },
    { shows: 's', compares: 's', count: 'returned' },
    { stores: 'ns', shows: 'ns', count: 'returned', zone: '+02:00' },
  ])('list the oldest first and hold more than fit into one answer: %j', async (how) => {
    const { pager } = open(row(1500), { order: 'asc', ...how });
    const first = await pager.page(everything, forward(20));
    expect(namesOf(first.edges)).toEqual(names(20, 1499));
    expect([first.hasPreviousPage, first.hasNextPage]).toEqual([false, true]);
    const last = await pager.page(everything, backward(20));
    expect(namesOf(last.edges)).toEqual(names(20, 19));
    expect([last.hasPreviousPage, last.hasNextPage, await last.totalCount()]).toEqual([true, false, 1500]);
  });

  it('list the oldest first, and ignore bounds: only the oldest pages are known', async () => {
    const { pager } = open(row(1500), { order: 'asc', bounds: 'ignored' });
    await expect(pager.page(everything, forward(20))).rejects.toEqual(lookupLimit);
    expect(namesOf((await pager.page(everything, backward(20))).edges)).toEqual(names(20, 19));
  });

  it('list in no order and hold more than fit into one answer', async () => {
    const shuffled = row(1500).map((pin, index, all) => all[(index * 7) % all.length] ?? pin);
    const { pager } = open(shuffled, { order: 'unsorted', bounds: 'inclusive' });
    const first = await pager.page(everything, forward(20));
    expect(namesOf(first.edges)).toEqual(names(20, 1499));
    expect(await first.totalCount()).toBe(1500);
    const blind = open(shuffled, { order: 'unsorted', bounds: 'ignored' });
    await expect(blind.pager.page(everything, forward(20))).rejects.toEqual(lookupLimit);
  });

  it.each([20, 30, 50, 64, 100, 200])('hold %i pins, all of one instant, and count what they return', async (count) => {
    const tied = Array.from({ length: count }, (_, index): StoredPin => ({
      id: `tied-${index}`,
      created: BigInt(START) * 1_000_000n,
    }));
    const { pager } = open(tied, { count: 'returned' });
    const seen = new Set<unknown>();
    let page = await pager.page(everything, forward(15));
    for (; page.hasNextPage; page = await pager.page(everything, forward(15, end(page))))
      for (const name of namesOf(page.edges)) seen.add(name);
    for (const name of namesOf(page.edges)) seen.add(name);
    expect(seen.size).toBe(count);
    expect([count, null]).toContain(await page.totalCount());
  });

  it.each<[number, boolean]>([
    [36, true],
    [1500, false],
  ])('count all %i pins at first, and later what they return: every pin is there', async (count, isForward) => {
    const { service } = open(row(count));
    let asked = 0;
    const pager = createPager({
      provider: PROVIDER,
      order: createHabitMemory(),
      list: async (request) => {
        const answer = await service.list(request);
        return asked++ === 0 ? answer : { ...answer, count: answer.results.length };
      },
    });
    const seen: unknown[] = [];
    let left: PinPosition | null = null;
    for (let more = true; more;) {
      const page: PinPage = await pager.page(everything, isForward ? forward(1, left) : backward(100, left));
      seen.push(...namesOf(page.edges));
      more = isForward ? page.hasNextPage : page.hasPreviousPage;
      left = (isForward ? page.edges.at(-1) : page.edges[0])?.position ?? null;
    }
    expect(new Set(seen).size).toBe(count);
    expect(seen).toHaveLength(count);
  });

  it('ignore bounds: pages come from one reading, as far as it goes', async () => {
    const { service, pager } = open(row(1500), { bounds: 'ignored' });
    const first = await pager.page(everything, forward(20));
    const second = await pager.page(everything, forward(20, end(first)));
    expect(namesOf(second.edges)).toEqual(names(20, 1479));
    expect([second.hasPreviousPage, second.hasNextPage]).toEqual([true, true]);
    const beyond: PinPosition = { createdAt: instantFromMillis(START + 100 * 1007), seen: [positionId('pin-100')] };
    await expect(pager.page(everything, forward(20, beyond))).rejects.toEqual(lookupLimit);
    expect(service.requests).toHaveLength(4);
  });

  it('hold a thousand pins and more of one instant: all that can be reached, then an error, never silence', async () => {
    const tied = Array.from({ length: 1500 }, (_, index): StoredPin => ({
      id: `tied-${index}`,
      created: BigInt(START) * 1_000_000n,
    }));
    const { service, pager } = open([...tied, { id: 'older', created: BigInt(START - 5000) * 1_000_000n }]);
    let page = await pager.page(everything, forward(100));
    for (let known = 100; known < 1000; known += 100) page = await pager.page(everything, forward(100, end(page)));
    expect(new Set(namesOf(page.edges)).size).toBe(100);
    expect([page.hasNextPage, end(page)?.seen.length]).toEqual([true, 1000]);
    service.requests.length = 0;
    await expect(pager.page(everything, forward(100, end(page)))).rejects.toEqual(stuck);
    expect(service.requests.length).toBeLessThan(10);
  });

  it('hold exactly as many pins of one instant as they show: the count proves that none is hidden', async () => {
    const tied = Array.from({ length: 20 }, (_, index): StoredPin => ({
      id: `tied-${index}`,
      created: BigInt(START + 60_000) * 1_000_000n,
    }));
    const { pager } = open([...row(30), ...tied], { cap: 20 });
    const page = await pager.page(everything, forward(50));
    expect(namesOf(page.edges)).toEqual([...tied.map((pin) => positionId(pin.id)), ...names(30, 29)]);
    expect(page.hasNextPage).toBe(false);
  });

  it('give twenty rows at most: the oldest are found within twenty windows, else that is said', async () => {
    const near = await open(row(300), { cap: 20 }).pager.page(everything, backward(5));
    expect(namesOf(near.edges)).toEqual(names(5, 4));
    await expect(open(row(2000), { cap: 20 }).pager.page(everything, backward(5))).rejects.toEqual(lookupLimit);
  });

  it('ignore filters: rows are left out here, and no total is told', async () => {
    const pins = row(50).map((pin, index) => ({
      ...pin,
      pin: { name: index % 5 === 0 ? 'kept' : 'other', meta: { n: String(index) } },
    }));
    const { pager } = open(pins, { ignoresFilters: true });
    const page = await pager.page({ ...everything, name: 'KEP', match: 'IPARTIAL' }, forward(4));
    expect(namesOf(page.edges)).toEqual([45, 40, 35, 30].map((index) => positionId(`pin-${index}`)));
    expect([page.hasNextPage, await page.totalCount()]).toEqual([true, null]);
    const one = await pager.page({ ...everything, meta: { n: '7' } }, forward(4));
    expect([namesOf(one.edges), one.hasNextPage]).toEqual([names(1, 7), false]);
  });

  it('know CIDs by either spelling', async () => {
    const v0 = 'QmPYGNLUpWnZ6NR27wK5U3EJEXthVLyekhZVSayKLWBn5e';
    const wanted = parseCid(v0);
    if (!wanted) throw new Error('not a CID');
    const { pager } = open(
      row(2).map((pin, index) => ({ ...pin, pin: { cid: index === 0 ? v0 : CID } })),
      { ignoresFilters: true },
    );
    expect(namesOf((await pager.page({ ...everything, cids: [wanted] }, forward(5))).edges)).toEqual(names(1, 0));
  });
});

describe('pages between operations', () => {
  it('go on behind a pin that was removed', async () => {
    const { service, pager } = open(row(40));
    const first = await pager.page(everything, forward(10));
    service.pins.splice(30, 1);
    const second = await pager.page(everything, forward(10, end(first)));
    expect(namesOf(second.edges)).toEqual(names(10, 29));
    expect([second.hasPreviousPage, second.hasNextPage]).toEqual([true, true]);
    const back = await pager.page(everything, backward(3, end(first)));
    expect(namesOf(back.edges)).toEqual(names(3, 33));
    expect([back.hasPreviousPage, back.hasNextPage]).toEqual([true, true]);
  });

  it('tell that nothing precedes a cursor whose pin is gone, or follows it', async () => {
    const { service, pager } = open(row(2));
    const page = await pager.page(everything, forward(2));
    const [newest, oldest] = page.edges.map((edge) => edge.position);
    service.pins.splice(1, 1);
    expect((await pager.page(everything, forward(2, newest))).hasPreviousPage).toBe(false);
    service.pins.splice(0, 1, { id: 'new', created: BigInt(START + 9999) * 1_000_000n });
    expect((await pager.page(everything, backward(2, oldest))).hasNextPage).toBe(false);
  });

  it('keep a row that cannot be read in its place, with its reason', async () => {
    const pins = row(9).map((pin, index): StoredPin => (index === 8 || index === 4 ? { ...pin, bad: 'all' } : pin));
    const { pager } = open(pins);
    const first = await pager.page(everything, forward(5));
    expect(first.edges.map((edge) => edge.node instanceof Error)).toEqual([true, false, false, false, true]);
    const second = await pager.page(everything, forward(5, end(first)));
    expect(namesOf([...first.edges, ...second.edges])).toEqual(names(9, 8));
  });

  it('forget what was learned of a service after a while', async () => {
    let now = 0;
    const order = createHabitMemory(1000, () => now);
    order.learn({ order: 'bulk' });
    now = 999;
    order.learn({ longest: 5 });
    expect(order.recall()).toMatchObject({ order: 'bulk', longest: 5 });
    now = 1000;
    expect(order.recall()).toMatchObject({ order: 'unknown', longest: 0 });
  });
});

describe('filters of a listing', () => {
  it('send bounds a little too wide, with three digits, and apply them exactly', async () => {
    const { service, pager } = open(row(20, 500));
    const page = await pager.page(
      {
        ...everything,
        createdAfter: parseInstant('2024-11-05T09:46:41+00:00') ?? null,
        createdBefore: parseInstant('2024-11-05T10:46:43.5+01:00') ?? null,
      },
      forward(10),
    );
    expect(service.requests[0]).toMatchObject({
      after: '2024-11-05T09:46:40.000Z',
      before: '2024-11-05T09:46:44.000Z',
    });
    expect(namesOf(page.edges)).toEqual(names(4, 6));
    expect(await page.totalCount()).toBe(4);
  });

  it('split CIDs when the URL gets too long, and refuse what never fits', async () => {
    const { service, pager } = open(
      row(1),
      {},
      { urlFits: (request) => request.cids.length <= 2 && request.name !== 'too long' },
    );
    await pager.page({ ...everything, cids: manyCids(5) }, forward(1));
    expect(service.requests.map((request) => request.cids.length)).toEqual([2, 2, 1]);
    // A name that does not fit is not sent: it is compared here.
    service.requests.length = 0;
    expect((await pager.page({ ...everything, name: 'too long' }, forward(1))).edges).toEqual([]);
    expect(service.requests.map((request) => request.name)).toEqual([null]);
    const cramped = open(row(1), {}, { urlFits: (request) => request.cids.length === 0 });
    await expect(cramped.pager.page({ ...everything, cids: manyCids(1) }, forward(1))).rejects.toThrow(InvalidInput);
  });

  it('tell no total that a service contradicts', async () => {
    const { service } = open(row(30));
    const pager = createPager({
      provider: PROVIDER,
      order: createHabitMemory(),
      list: async (request) => ({ ...(await service.list(request)), count: 3 }),
    });
    expect(await (await pager.page(everything, forward(5))).totalCount()).toBe(null);
  });
});
