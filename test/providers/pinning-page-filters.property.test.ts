import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';
import type { PinQuery, PinSlice, PinStatus } from '../../src/providers/pinning/model.js';
import { createHabitMemory, createPager, positionId } from '../../src/providers/pinning/listing/pages.js';
import { parseCid, type ParsedCid } from '../../src/values/cid.js';
import { compareInstants, instantFromMillis } from '../../src/values/instant.js';
import {
  createPinListing,
  goodHabits,
  namesOf,
  positionOf,
  PROVIDER,
  relayPage,
  type Habits,
  type StoredPin,
} from '../support/pin-listing.js';

const START = 1_730_800_000_000;

/** Raw CIDs have one spelling; every third is dag-pb, which has two. */
function cidOf(index: number): ParsedCid {
  const digest = Digest.create(0x12, new Uint8Array(32).fill(index));
  const parsed = parseCid(CID.createV1(index % 3 === 0 ? 0x70 : 0x55, digest).toString());
  if (!parsed) throw new Error('not a CID');
  return parsed;
}
const cids = Array.from({ length: 40 }, (_, index) => cidOf(index));
const batchesOf = (wanted: readonly ParsedCid[]): ParsedCid[][] => {
  const batches: ParsedCid[][] = [[]];
  for (const cid of wanted) {
    const size = batches.at(-1)?.flatMap((other) => other.spellings).length ?? 0;
    if (size + cid.spellings.length > 10) batches.push([]);
    batches.at(-1)?.push(cid);
  }
  return batches;
};

const millis = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(0, 0, 1, 5, 250, 999))
  .map(([second, rest]) => START + second * 1000 + rest);
const status = fc.constantFrom<PinStatus>('QUEUED', 'PINNED', 'FAILED');
const pins = fc
  .array(fc.record({ at: millis, cid: fc.nat({ max: 39 }), old: fc.boolean(), status }), { maxLength: 120 })
  .map((rows) =>
    rows.map(({ at, cid, old, status: state }, index): StoredPin => {
      const spellings = cids[cid]?.spellings ?? [];
      return {
        id: `pin-${index}`,
        created: BigInt(at) * 1_000_000n,
        pin: { status: state, cid: (old ? spellings[0] : spellings.at(-1)) ?? '' },
      };
    }),
  );
const query = fc.record({
  cids: fc.oneof(fc.constant([]), fc.subarray(cids)),
  status: fc.subarray<PinStatus>(['QUEUED', 'PINNED', 'FAILED']),
  createdAfter: fc.option(millis.map(instantFromMillis)),
  createdBefore: fc.option(millis.map(instantFromMillis)),
});
const habits = fc.record({
  ignoresFilters: fc.boolean(),
  order: fc.constantFrom<Habits['order']>('desc', 'desc', 'desc', 'asc'),
  bounds: fc.constantFrom<Habits['bounds']>('strict', 'inclusive'),
  compares: fc.constantFrom<Habits['compares']>('ns', 's'),
  shows: fc.constantFrom<Habits['shows']>('ms', 's'),
});
const place = fc.option(fc.double({ min: 0, max: 0.9999, noNaN: true }), { freq: 2 });

describe('pages of a filtered listing', () => {
  it('hold what Relay says, in few listings or many, and tell the total', async () => {
    await fc.assert(
      fc.asyncProperty(
        pins,
        query,
        habits,
        fc.constantFrom(0, 1, 3, 10, 50),
        place,
        place,
        fc.boolean(),
        async (stored, filter, how, n, from, to, forward) => {
          const service = createPinListing(stored, { ...goodHabits, ...how });
          const pager = createPager({ provider: PROVIDER, list: service.list, order: createHabitMemory() });
          const full: PinQuery = { name: null, match: 'EXACT', meta: null, ...filter };
          const byId = new Map(stored.map((row) => [row.id, row.pin]));
          const kept = service
            .reference()
            .filter(
              (row) =>
                (full.status.length === 0 || full.status.includes(byId.get(row.id)?.status ?? 'UNKNOWN')) &&
                (!full.createdAfter || compareInstants(row.at, full.createdAfter) > 0) &&
                (!full.createdBefore || compareInstants(row.at, full.createdBefore) < 0),
            );
          const batches =
            full.cids.length === 0
              ? [kept]
              : batchesOf(full.cids).map((batch) =>
                  kept.filter((row) => batch.some((cid) => cid.spellings.includes(byId.get(row.id)?.cid ?? ''))),
                );
          const rows = batches.flat().sort((a, b) => compareInstants(b.at, a.at));
          const at = (share: number | null): PinSlice['after'] =>
            share === null || rows.length === 0 ? null : positionOf(rows, Math.floor(share * rows.length));
          const cursors = { after: at(from), before: at(to) };
          const slice = forward ? { first: n, ...cursors } : { last: n, ...cursors };
          const page = await pager.page(full, slice);
          const expected = relayPage(rows, slice);
          expect(namesOf(page.edges)).toEqual(expected.ids.map(positionId));
          expect(page.edges.map((edge) => edge.position)).toEqual(expected.positions);
          expect([page.hasPreviousPage, page.hasNextPage]).toEqual([expected.previous, expected.next]);
          const total = await page.totalCount();
          // One that ignores filters is found out only when it shows a row that does not fit.
          if (!how.ignoresFilters) expect(total).toBe(rows.length);
        },
      ),
      { numRuns: 400 },
    );
  });
});
