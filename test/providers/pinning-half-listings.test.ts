import { afterEach, describe, expect, it } from 'vitest';
import type { FakePinning } from '../support/fake-pinning.js';
import { parsePinQuery } from '../../src/providers/pinning/validate.js';
import { attemptOf, pinningStarts, pinOf, upstreamFailure } from '../support/pinning-harness.js';

const CID = 'bafkreiaueu2o3qyerfn2gp4jz4yuvti6rnbywgvh3shkskfyyqn5iokyvq';
const OTHER = 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu';

const { start, closeAll } = pinningStarts();
afterEach(closeAll);

/** What a listing may leave out that counts its rows. */
const halves: Readonly<Record<string, (pins: FakePinning['pins']) => unknown>> = {
  'no list beside a count': (pins) => ({ count: pins.size, results: null }),
  'an empty list beside a count': (pins) => ({ count: pins.size, results: [] }),
  'one row of two': (pins) => ({ count: pins.size, results: [...pins.values()].slice(0, 1) }),
  'ten rows of other content, as many as usual': () => ({
    count: 10,
    results: Array.from({ length: 10 }, (_, index) => ({
      requestid: `other-${index}`,
      status: 'pinned',
      created: `2025-01-01T00:00:0${index}Z`,
      pin: { cid: OTHER },
      delegates: [],
    })),
  }),
};

/** From now on writes take effect and their answers are lost; listings come by halves. */
function loseAnswers(upstream: FakePinning, half: (pins: FakePinning['pins']) => unknown): void {
  upstream.answer((request, response) => {
    const id = decodeURIComponent(request.path.slice('/pins/'.length));
    if (request.method === 'GET' && id === '') return { body: half(upstream.pins) };
    if (request.method === 'GET') return { body: upstream.pins.get(id) };
    upstream.put({ pin: JSON.parse(request.body) });
    response.destroy();
    return undefined;
  });
}

describe.each(Object.entries(halves))('a listing with %s', (_name, half) => {
  it.each([true, false])(
    'is no clean look for an addition whose answer was lost (keeps markers: %s)',
    async (keeps) => {
      const { upstream, harness } = await start();
      upstream.put({ requestid: 'older', created: '2025-01-01T00:00:00Z', pin: { cid: CID, name: 'other' } });
      if (keeps) await harness.session().add(pinOf(OTHER), attemptOf());
      const posts = upstream.count('POST');
      const attempt = attemptOf();
      const session = harness.session();
      const adding = session.add(pinOf(CID), { ...attempt, sent: async () => loseAnswers(upstream, half) });
      expect((await upstreamFailure(adding)).kind).toBe('outcome_unknown');
      const again = await upstreamFailure(session.findAdded(pinOf(CID), attempt));
      expect(['outcome_unknown', 'bad_response']).toContain(again.kind);
      expect(upstream.count('POST')).toBe(posts + 1);
    },
  );

  it('is no reason to send a replacement again', async () => {
    const { upstream, harness } = await start();
    upstream.put({ requestid: 'older', created: '2025-01-01T00:00:00Z', pin: { cid: CID, name: 'other' } });
    const old = upstream.put({ pin: { cid: OTHER } });
    const attempt = attemptOf();
    const session = harness.session();
    const replacing = session.replace(old.requestid, pinOf(CID), {
      ...attempt,
      sent: async () => loseAnswers(upstream, half),
    });
    expect((await upstreamFailure(replacing)).kind).toBe('outcome_unknown');
    const again = await upstreamFailure(session.findReplaced(old.requestid, pinOf(CID), attempt));
    expect(['outcome_unknown', 'bad_response']).toContain(again.kind);
    expect(upstream.count('POST')).toBe(1);
  });
});

describe('a read', () => {
  const page = { first: 20, after: null, before: null } as const;

  it('fails where a count comes without a list', async () => {
    const { upstream, harness } = await start();
    upstream.answer(() => ({ body: { count: 15, results: null } }));
    const fault = { kind: 'bad_response', reason: 'shape', detail: 'results' };
    expect(await upstreamFailure(harness.session().page(parsePinQuery({}), page))).toMatchObject(fault);
    expect(await upstreamFailure(harness.session().pinsOfCid(CID))).toMatchObject(fault);
  });

  it('takes an empty answer that counts rows for an end when it comes twice, and tells no total', async () => {
    const { upstream, harness } = await start();
    upstream.answer(() => ({ body: { count: 15, results: [] } }));
    const found = await harness.session().page(parsePinQuery({}), page);
    expect([found.edges, found.hasNextPage]).toEqual([[], false]);
    expect(upstream.count('GET')).toBe(2);
    expect(await found.totalCount()).toBeNull();
    await expect(harness.session().pinsOfCid(CID)).resolves.toEqual([]);
    expect(upstream.count('GET')).toBe(4);
  });

  it('shows what a second look brings', async () => {
    const { upstream, harness } = await start();
    const pin = {
      requestid: 'late',
      status: 'pinned',
      created: '2025-01-01T00:00:00Z',
      pin: { cid: CID },
      delegates: [],
    };
    const lagging = () => {
      let asked = 0;
      upstream.answer(() => ({ body: { count: 1, results: asked++ === 0 ? [] : [pin] } }));
    };
    lagging();
    expect((await harness.session().page(parsePinQuery({}), page)).edges).toHaveLength(1);
    lagging();
    await expect(harness.session().pinsOfCid(CID)).resolves.toMatchObject([{ requestId: 'late' }]);
  });
});
