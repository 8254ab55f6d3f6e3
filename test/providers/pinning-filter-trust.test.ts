import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { ListRequest } from '../../src/providers/pinning/listing/listing.js';
import { createHabitMemory, createPager, type Pager } from '../../src/providers/pinning/listing/pages.js';
import type { PinQuery, TextMatch } from '../../src/providers/pinning/model.js';
import {
  createPinListing,
  everything,
  goodHabits,
  PROVIDER,
  type PinListing,
  type StoredPin,
} from '../support/pin-listing.js';

const START = 1_730_800_000_000;
const stored = (names: readonly string[]): StoredPin[] =>
  names.map((name, index) => ({
    id: `pin-${index}`,
    created: BigInt(START + index * 1007) * 1_000_000n,
    pin: { name, meta: { app: name } },
  }));
const queryOf = (changes: Partial<PinQuery>): PinQuery => ({ ...everything, ...changes });

/** A service in front of which stands `answer`: what it does with filters. */
function open(
  pins: readonly StoredPin[],
  answer: (request: ListRequest, service: PinListing) => 'empty' | 'all' | 'exact' | 'fails',
): { readonly pager: Pager; readonly asked: () => readonly ListRequest[] } {
  const service = createPinListing(pins, { ...goodHabits, ignoresFilters: true });
  const asked: ListRequest[] = [];
  const pager = createPager({
    provider: PROVIDER,
    order: createHabitMemory(),
    async list(request) {
      asked.push(request);
      const how = request.name === null && request.meta === null ? 'all' : answer(request, service);
      if (how === 'fails') {
        throw new UpstreamError('unavailable', {
          provider: PROVIDER,
          operation: 'getPins',
          delivery: 'unclear',
          status: 500,
        });
      }
      if (how === 'empty') return { count: 0, results: [] };
      const whole = await service.list({ ...request, limit: how === 'all' ? request.limit : 1000 });
      if (how === 'all') return whole;
      const results = whole.results.filter(({ pin }) => 'cid' in pin && pin.name === request.name);
      return { count: results.length, results: results.slice(0, request.limit) };
    },
  });
  return { pager, asked: () => asked.splice(0) };
}

const found = async (pager: Pager, changes: Partial<PinQuery>, first = 10) => {
  const page = await pager.page(queryOf(changes), { first, after: null, before: null });
  return [page.edges.map(({ node }) => ('cid' in node ? node.name : 'error')), await page.totalCount()];
};

const names = ['one', 'One', 'two', 'twofold', 'TWOFOLD'];
const wanted: [string, Partial<PinQuery>, string[]][] = [
  ['a name', { name: 'two' }, ['two']],
  ['a name in any case', { name: 'ONE', match: 'IEXACT' }, ['One', 'one']],
  ['a part', { name: 'wof', match: 'PARTIAL' }, ['twofold']],
  ['a part in any case', { name: 'WO', match: 'IPARTIAL' }, ['TWOFOLD', 'twofold', 'two']],
  ['meta', { meta: { app: 'two' } }, ['two']],
];

describe('a service that answers nothing to a filter', () => {
  it.each(wanted)('is filtered here: %s', async (_name, query, rows) => {
    const { pager, asked } = open(stored(names), () => 'empty');
    expect(await found(pager, query)).toEqual([rows, rows.length]);
    expect(asked().length).toBe(2);
    // Once it was seen to hide what fits, it is not asked that way again.
    expect(await found(pager, query)).toEqual([rows, rows.length]);
    expect(asked().map(({ name, meta }) => [name, meta])).toEqual([[null, null]]);
  });

  it.each(wanted)('or fails at it: %s', async (_name, query, rows) => {
    const { pager } = open(stored(names), () => 'fails');
    expect(await found(pager, query)).toEqual([rows, rows.length]);
  });

  it('holds more than can be looked through', async () => {
    const { pager } = open(stored(Array.from({ length: 12_000 }, (_, index) => `pin-${index}`)), () => 'empty');
    await expect(found(pager, { name: 'pin-0' })).rejects.toMatchObject({ kind: 'lookup_limit' });
  });
});

describe('a service that ignores how names compare', () => {
  it.each(wanted.slice(0, 4))('is trusted with what it showed to know: %s', async (_name, query, rows) => {
    const { pager } = open(stored(names), () => 'exact');
    expect(await found(pager, query)).toEqual([rows, rows.length]);
  });

  it('or with nothing, when it shows everything', async () => {
    const { pager } = open(stored(names), () => 'all');
    for (const [, query, rows] of wanted) expect((await found(pager, query))[0]).toEqual(rows);
  });
});

describe('a service that honours its filters', () => {
  it('costs one call as soon as it has shown that', async () => {
    const matches: TextMatch[] = [];
    const { pager, asked } = open(stored(['a', 'b']), (request) => (matches.push(request.match), 'exact'));
    expect(await found(pager, { name: 'a' })).toEqual([['a'], 1]);
    expect(asked()).toHaveLength(1);
    expect(await found(pager, { name: 'nobody' })).toEqual([[], 0]);
    expect(asked()).toHaveLength(1);
    expect(matches).toEqual(['EXACT', 'EXACT']);
  });

  it('is asked twice for what it has not, until then', async () => {
    const { pager, asked } = open(stored(['a', 'b']), () => 'exact');
    expect(await found(pager, { name: 'nobody' })).toEqual([[], 0]);
    expect(asked().map(({ name }) => name)).toEqual(['nobody', null]);
  });
});
