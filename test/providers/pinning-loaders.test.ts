import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCid } from '../../src/values/cid.js';
import { fakePinning, type FakePinning } from '../support/fake-pinning.js';
import { pinningHarness, upstreamFailure, type PinningHarness } from '../support/pinning-harness.js';

const RAW = 0x55;
const DAG_PB = 0x70;
const IDENTITY = 0x00;
const SHA2_256 = 0x12;

/** A CID of made-up content: the number in its digest. */
function cidOf(number: number, codec = RAW): string {
  const digest = new Uint8Array(32).fill(number & 0xff);
  digest[0] = number >> 8;
  return CID.createV1(codec, create(SHA2_256, digest)).toString();
}

/** A CID that carries this much content in itself. */
function inlineCid(bytes: number): string {
  return CID.createV1(RAW, create(IDENTITY, new Uint8Array(bytes).fill(7))).toString();
}

let upstream: FakePinning;
let harness: PinningHarness;
beforeEach(async () => {
  upstream = await fakePinning();
  // None of these waits for a silent service: calls are counted, and a busy machine must add none.
  harness = pinningHarness(upstream.url, { upstreamTimeoutMs: 10_000 });
});
afterEach(async () => {
  await harness.http.close();
  await upstream.close();
});

describe('pins by request id', () => {
  it('asks once per id, however often it is wanted; none is null', async () => {
    upstream.put({ requestid: 'a', pin: { cid: cidOf(1) } });
    const session = harness.session();
    const [one, again, none] = await Promise.all([session.pin('a'), session.pin('a'), session.pin('gone')]);
    expect(one).toMatchObject({ requestId: 'a' });
    expect(again).toBe(one);
    expect(none).toBeNull();
    expect(upstream.requests.map(({ path }) => path).sort()).toEqual(['/pins/a', '/pins/gone']);
    await harness.session().pin('a');
    expect(upstream.requests).toHaveLength(3);
  });

  it('fails alone, and asks again after a failure', async () => {
    upstream.answer(({ path }) =>
      path === '/pins/bad'
        ? { status: 403 }
        : {
            body: {
              requestid: 'good',
              status: 'pinned',
              created: '2025-01-01T00:00:00Z',
              pin: { cid: cidOf(1) },
              delegates: [],
            },
          },
    );
    const session = harness.session();
    const [bad, good] = await Promise.allSettled([session.pin('bad'), session.pin('good')]);
    expect(bad.status).toBe('rejected');
    expect(good.status).toBe('fulfilled');
    expect((await upstreamFailure(session.pin('bad'))).kind).toBe('forbidden');
    expect(upstream.requests.filter(({ path }) => path === '/pins/bad')).toHaveLength(2);
  });
});

describe('pins by CID', () => {
  it('asks for ten at a time and gives each its own, newest first', async () => {
    const cids = Array.from({ length: 25 }, (_, index) => cidOf(index + 1));
    for (const [index, cid] of cids.entries()) {
      upstream.put({ requestid: `old-${index}`, created: '2025-01-01T00:00:00.000Z', pin: { cid } });
      if (index % 2 === 0)
        upstream.put({
          requestid: `new-${index}`,
          created: '2025-02-01T00:00:00.000Z',
          status: 'failed',
          pin: { cid },
        });
    }
    const session = harness.session();
    const wanted = [...cids.toReversed(), cidOf(1), cidOf(999)];
    const lists = await Promise.all(wanted.map((cid) => session.pinsOfCid(cid)));
    expect(lists.map((pins) => pins.map((pin) => pin.requestId))).toEqual(
      wanted.map((cid) => {
        const index = cids.indexOf(cid);
        return index < 0 ? [] : index % 2 === 0 ? [`new-${index}`, `old-${index}`] : [`old-${index}`];
      }),
    );
    expect(upstream.requests.map(({ query }) => query.get('cid')?.split(',').length)).toEqual([10, 10, 6]);
    expect(
      upstream.requests.every(
        ({ query }) => query.get('status') === 'queued,pinning,pinned,failed' && query.get('limit') === '1000',
      ),
    ).toBe(true);
    await session.pin('old-3');
    expect(upstream.requests).toHaveLength(3);
  });

  it('keeps both spellings of a CID in one call', async () => {
    const v1 = Array.from({ length: 6 }, (_, index) => cidOf(index + 1, DAG_PB));
    const v0 = parseCid(v1[0] ?? '')?.spellings[0] ?? '';
    expect(v0).toMatch(/^Qm/);
    upstream.put({ requestid: 'by-v0', pin: { cid: v0 } });
    const session = harness.session();
    const [asV1, asV0] = await Promise.all([
      session.pinsOfCid(v1[0] ?? ''),
      session.pinsOfCid(v0),
      ...v1.slice(1).map((cid) => session.pinsOfCid(cid)),
    ]);
    expect(asV1).toMatchObject([{ requestId: 'by-v0' }]);
    expect(asV0).toEqual(asV1);
    const asked = upstream.requests.map(({ query }) => query.get('cid')?.split(',') ?? []);
    expect(asked.map((cids) => cids.length)).toEqual([10, 2]);
    for (const cids of asked) {
      const keys = cids.map((cid) => parseCid(cid)?.key);
      for (const key of keys) expect(keys.filter((other) => other === key)).toHaveLength(2);
    }
  });

  it('keeps every URL within 2000 characters, and refuses a CID that never fits', async () => {
    const session = harness.session();
    await Promise.all(Array.from({ length: 8 }, (_, index) => session.pinsOfCid(inlineCid(300 + index))));
    expect(upstream.requests.length).toBeGreaterThan(1);
    for (const { url } of upstream.requests) expect((upstream.url + url).length).toBeLessThanOrEqual(2000);
    const before = upstream.requests.length;
    await expect(session.pinsOfCid(inlineCid(1500))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(session.pinsOfCid('nonsense')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(upstream.requests).toHaveLength(before);
  });

  it('pages on past a thousand, without losing those of one instant', async () => {
    const cid = cidOf(1);
    for (let index = 0; index < 1300; index++) {
      const second = index < 995 ? 59 : index < 1005 ? 30 : 10;
      upstream.put({
        requestid: `p${index}`,
        created: `2025-01-01T00:00:${second}.${String(index % 1000)
          .padStart(3, '0')
          .replace(/.*/, (ms) => (second === 30 ? '000' : ms))}Z`,
        pin: { cid },
      });
    }
    const pins = await harness.session().pinsOfCid(cid);
    expect(new Set(pins.map((pin) => pin.requestId)).size).toBe(1300);
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.requests[1]?.query.get('before')).toBe('2025-01-01T00:00:30.001Z');
  });

  it('pages on in the direction of a service that lists its oldest first, without losing those of one instant', async () => {
    const cid = cidOf(1);
    const row = (index: number) => ({
      requestid: `p${index}`,
      status: 'pinned',
      created: new Date(1_700_000_000_000 + Math.floor(index / 3) * 100).toISOString(),
      pin: { cid },
      delegates: [],
    });
    const all = Array.from({ length: 2100 }, (_, index) => row(index));
    upstream.answer(({ query }) => {
      const after = query.get('after');
      const rest = all.filter(({ created }) => after === null || created > after);
      return { body: { count: rest.length, results: rest.slice(0, 1000) } };
    });
    const pins = await harness.session().pinsOfCid(cid);
    expect(pins).toHaveLength(2100);
    expect(pins[0]?.createdAt.text).toBe(all.at(-1)?.created);
    expect(pins.at(-1)?.createdAt.text).toBe(all[0]?.created);
  });

  it.each(['newest first', 'oldest first'] as const)(
    'asks on after ten rows where a service shows no more and counts what it shows, %s',
    async (order) => {
      const cid = cidOf(1);
      const all = Array.from({ length: 34 }, (_, index) => ({
        requestid: `p${index}`,
        status: 'pinned',
        created: new Date(1_700_000_000_000 + index * 100_000).toISOString(),
        pin: { cid },
        delegates: [],
      }));
      if (order === 'newest first') all.reverse();
      upstream.answer(({ query }) => {
        const [before, after] = [query.get('before'), query.get('after')];
        const rest = all.filter(({ created }) => (before ?? '9') > created && created > (after ?? ''));
        return { body: { count: Math.min(10, rest.length), results: rest.slice(0, 10) } };
      });
      expect(await harness.session().pinsOfCid(cid)).toHaveLength(34);
    },
  );

  it('asks once more after just ten pins of one content, and not after one of each of ten', async () => {
    for (let index = 0; index < 10; index += 1) {
      upstream.put({ requestid: `same-${index}`, created: `2025-01-01T00:00:0${index}Z`, pin: { cid: cidOf(99) } });
      upstream.put({ requestid: `each-${index}`, created: `2025-01-01T00:00:0${index}Z`, pin: { cid: cidOf(index) } });
    }
    expect(await harness.session().pinsOfCid(cidOf(99))).toHaveLength(10);
    expect(upstream.requests).toHaveLength(2);
    const session = harness.session();
    await Promise.all(Array.from({ length: 10 }, (_none, index) => session.pinsOfCid(cidOf(index))));
    expect(upstream.requests).toHaveLength(3);
  });

  it('rejects rather than leave pins out', async () => {
    const row = (index: number) => ({
      requestid: `p${index}`,
      status: 'pinned',
      created: '2025-01-01T00:00:00.000Z',
      pin: { cid: cidOf(1) },
      delegates: [],
    });
    upstream.answer(() => ({ body: { count: 1500, results: Array.from({ length: 1000 }, (_, index) => row(index)) } }));
    expect((await upstreamFailure(harness.session().pinsOfCid(cidOf(1)))).kind).toBe('lookup_limit');
  });

  it('spoils only the list that an unreadable row belongs to', async () => {
    const good = {
      requestid: 'good',
      status: 'pinned',
      created: '2025-01-01T00:00:00Z',
      pin: { cid: cidOf(1) },
      delegates: [],
    };
    const bad = { requestid: 'bad', status: 'pinned', created: 'never', pin: { cid: cidOf(2) }, delegates: [] };
    upstream.answer(() => ({ body: { count: 2, results: [good, bad] } }));
    const session = harness.session();
    const [one, two] = await Promise.allSettled([session.pinsOfCid(cidOf(1)), session.pinsOfCid(cidOf(2))]);
    expect(one).toMatchObject({ status: 'fulfilled', value: [{ requestId: 'good' }] });
    expect(two).toMatchObject({ status: 'rejected', reason: { kind: 'bad_response', detail: 'results.1.created' } });
    upstream.answer(() => ({ body: { count: 2, results: [good, 7] } }));
    expect((await upstreamFailure(harness.session().pinsOfCid(cidOf(1)))).kind).toBe('bad_response');
  });

  it('leaves the other batches alone when one fails, and forgets the failure', async () => {
    const cids = Array.from({ length: 11 }, (_, index) => cidOf(index + 1));
    upstream.answer(({ query }) =>
      query.get('cid')?.includes(cidOf(11)) ? { status: 403 } : { body: { count: 0, results: [] } },
    );
    const session = harness.session();
    const ends = await Promise.allSettled(cids.map((cid) => session.pinsOfCid(cid)));
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    upstream.answer(() => ({ body: { count: 0, results: null } }));
    await expect(session.pinsOfCid(cidOf(11))).resolves.toEqual([]);
  });
});
