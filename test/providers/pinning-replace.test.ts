import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { UpstreamError } from '../../src/errors.js';
import { effectful, effectless, type FakePinningOptions, type WriteFault } from '../support/fake-pinning.js';
import { parsePinQuery } from '../../src/providers/pinning/validate.js';
import { attemptOf, pinningStarts, pinOf, upstreamFailure } from '../support/pinning-harness.js';

const CID = 'bafkreiaueu2o3qyerfn2gp4jz4yuvti6rnbywgvh3shkskfyyqn5iokyvq';
const OTHER = 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu';

/** What is no word of a service's that a write was carried out. */
const noConfirmations = [
  '<!doctype html><html><body>Please log in</body></html>',
  ' \n<html></html>',
  '{"error":{"reason":"INTERNAL","details":"could not"}}',
  '{"error":"could not"}',
];

const { start, closeAll } = pinningStarts();
afterEach(closeAll);

describe('replacing a pin', () => {
  async function startWithOld(options: FakePinningOptions = {}) {
    const started = await start(options);
    started.upstream.put({ requestid: 'old', pin: { cid: OTHER, name: 'old' } });
    return started;
  }

  it('answers the new pin; the old id is gone', async () => {
    const { upstream, harness } = await startWithOld();
    const session = harness.session();
    const pin = await session.replace('old', pinOf(CID, { name: 'new' }), attemptOf());
    expect(pin).toMatchObject({ cid: CID, name: 'new' });
    expect([...upstream.pins.keys()]).toEqual([pin.requestId]);
    await expect(session.pin('old')).resolves.toBeNull();
  });

  it.each([...effectful])('%s: finds the new pin', async (fault) => {
    const { upstream, harness } = await startWithOld();
    upstream.faults.push(fault);
    const attempt = attemptOf();
    await expect(harness.session().replace('old', pinOf(CID), attempt)).resolves.toMatchObject({
      cid: CID,
      marker: attempt.marker,
    });
    expect(upstream.count('POST')).toBe(1);
    expect(upstream.pins.size).toBe(1);
  });

  it.each([...effectful])('%s: finds it without a marker, and under the same id', async (fault) => {
    for (const keepsId of [false, true]) {
      const { upstream, harness } = await startWithOld({ keepsMeta: false, keepsId });
      upstream.faults.push(fault);
      await expect(harness.session().replace('old', pinOf(CID, { name: 'new' }), attemptOf())).resolves.toMatchObject({
        cid: CID,
        name: 'new',
      });
      expect(upstream.count('POST')).toBe(1);
    }
  });

  it.each([true, false])(
    'sees a replacement under the same id before listings show it (meta kept: %s)',
    async (keepsMeta) => {
      const { upstream, harness } = await startWithOld({ keepsMeta, keepsId: true });
      upstream.faults.push('500 after');
      upstream.hidesNew = true;
      await expect(harness.session().replace('old', pinOf(CID, { name: 'new' }), attemptOf())).resolves.toMatchObject({
        requestId: 'old',
        cid: CID,
        name: 'new',
      });
      expect(upstream.count('POST')).toBe(1);
    },
  );

  it('does not take the old pin for the new one while it is on its way out', async () => {
    const { upstream, harness } = await start({ oldLingers: true });
    upstream.put({
      requestid: 'old',
      pin: { cid: CID, name: 'same', meta: { gw_idem: 'of-the-old-one', shelf: '1' } },
    });
    upstream.faults.push('empty');
    upstream.hidesNew = true;
    const replacing = harness.session().replace('old', pinOf(CID, { name: 'same', meta: { shelf: '2' } }), attemptOf());
    expect((await upstreamFailure(replacing)).kind).toBe('outcome_unknown');
  });

  it.each(effectless)('%s: the old pin is still there, so it is sent once more', async (fault) => {
    const { upstream, harness } = await startWithOld();
    upstream.faults.push(fault);
    const attempt = attemptOf();
    await expect(harness.session().replace('old', pinOf(CID), attempt)).resolves.toMatchObject({
      marker: attempt.marker,
    });
    expect(upstream.count('POST')).toBe(2);
    expect(attempt.sendings).toBe(2);
    expect(upstream.pins.size).toBe(1);
  });

  it('is not sent again on one look alone: listings lag, and the old pin can be read for a while', async () => {
    const { upstream, harness } = await start({ oldLingers: true });
    upstream.put({ requestid: 'old', pin: { cid: OTHER, name: 'old' } });
    upstream.faults.push('cut after');
    const attempt = attemptOf();
    const late = { ...attempt, sent: async () => void (upstream.lags = 1) };
    await expect(harness.session().replace('old', pinOf(CID), late)).resolves.toMatchObject({
      cid: CID,
      marker: attempt.marker,
    });
    expect([upstream.count('POST'), upstream.pins.size]).toEqual([1, 2]);
  });

  it('is not sent again when one of two looks does not see the old pin', async () => {
    const { upstream, harness } = await startWithOld();
    upstream.faults.push('cut before');
    const blinking = { ...attemptOf(), sent: async () => void (upstream.blinks = 1) };
    const replacing = harness.session().replace('old', pinOf(CID), blinking);
    expect((await upstreamFailure(replacing)).kind).toBe('outcome_unknown');
    expect(upstream.count('POST')).toBe(1);
  });

  it('is sent no third time', async () => {
    const { upstream, harness } = await startWithOld();
    upstream.faults.push('cut before', '500 before');
    expect((await upstreamFailure(harness.session().replace('old', pinOf(CID), attemptOf()))).kind).toBe(
      'outcome_unknown',
    );
    expect(upstream.count('POST')).toBe(2);
    expect([...upstream.pins.keys()]).toEqual(['old']);
  });

  it('stays unknown when the old pin is gone and no new one is seen', async () => {
    const { upstream, harness } = await startWithOld();
    upstream.faults.push('cut before');
    const attempt = attemptOf();
    const replacing = harness
      .session()
      .replace('old', pinOf(CID), { ...attempt, sent: async () => void upstream.pins.delete('old') });
    expect((await upstreamFailure(replacing)).kind).toBe('outcome_unknown');
    expect(upstream.count('POST')).toBe(1);
  });

  it('says that there is nothing to replace', async () => {
    const { upstream, harness } = await startWithOld();
    const replaces = async (id: string) =>
      expect((await upstreamFailure(harness.session().replace(id, pinOf(CID), attemptOf()))).kind).toBe('not_found');
    // What nobody here has seen is looked for first; of what was seen the service says so itself.
    await replaces('never');
    expect(upstream.count('POST')).toBe(0);
    await harness.session().pin('old');
    upstream.pins.clear();
    await replaces('old');
    expect(upstream.count('POST')).toBe(1);
  });

  it('refuses what would lose the pin where the request id is the CID, in any spelling', async () => {
    const { upstream, harness } = await start();
    const v0 = 'QmPYGNLUpWnZ6NR27wK5U3EJEXthVLyekhZVSayKLWBn5e';
    const v1 = 'bafybeiar2vsu6yy46sulrrbjsklzwjb5bf7erk6b3aqimiduo7dhx3hdee';
    await expect(harness.session().replace(v0, pinOf(v1), attemptOf())).rejects.toMatchObject({
      issues: [{ path: ['input', 'cid'] }],
    });
    await expect(harness.session().replace('..', pinOf(v1), attemptOf())).rejects.toMatchObject({
      issues: [{ path: ['input', 'requestId'] }],
    });
    expect(upstream.requests).toEqual([]);
  });

  it('finds an earlier replacement', async () => {
    const { upstream, harness } = await startWithOld();
    const attempt = attemptOf({ keyed: true });
    await expect(harness.session().findReplaced('old', pinOf(CID), attempt)).resolves.toBeUndefined();
    upstream.pins.delete('old');
    upstream.put({ requestid: 'new', pin: { cid: CID, meta: { gw_idem: attempt.marker } } });
    await expect(harness.session().findReplaced('old', pinOf(CID), attempt)).resolves.toMatchObject({
      requestId: 'new',
    });
    await expect(harness.session().replace('old', pinOf(CID), attempt)).resolves.toMatchObject({ requestId: 'new' });
    expect(upstream.count('POST')).toBe(0);
  });
});

describe('removing a pin', () => {
  /** One call is the look at it. */
  async function startSeen(options: FakePinningOptions = {}) {
    const started = await start(options);
    started.upstream.put({ requestid: 'old', pin: { cid: CID } });
    await started.harness.session().pin('old');
    return started;
  }

  it.each([...effectful, ...effectless])('%s: it is gone in the end', async (fault) => {
    const { upstream, harness } = await start();
    upstream.put({ requestid: 'old', pin: { cid: CID } });
    upstream.faults.push(fault);
    await harness.session().remove('old');
    expect(upstream.pins.size).toBe(0);
    // Nobody here has seen it, so it is looked for first. A second sending that finds none is only the first sign; two looks have to agree.
    const finds = ['cut after', 'half answer', '500 after', 'redirect'].includes(fault) ? 2 : 0;
    expect(upstream.count('GET')).toBe(1 + finds);
  });

  it('is not believed to be gone by one look, nor by two, that find nothing after failed sendings', async () => {
    await Promise.all(
      [0, 1, 2, 3].map(async (blinks) => {
        const { upstream, harness } = await startSeen();
        upstream.faults.push('500 before', 'cut before', '500 before');
        upstream.blinks = blinks;
        const removing = harness.session().remove('old');
        if (blinks < 3) expect((await upstreamFailure(removing)).kind).toBe('outcome_unknown');
        else await removing;
        expect(upstream.count('GET')).toBe(1 + Math.min(blinks + 1, 3));
      }),
    );
  });

  it('nor by a second sending that finds nothing, when a look then sees it', async () => {
    const { upstream, harness } = await startSeen();
    upstream.faults.push('500 before', '404 before');
    expect((await upstreamFailure(harness.session().remove('old'))).kind).toBe('outcome_unknown');
    expect([upstream.count('DELETE'), upstream.count('GET')]).toEqual([2, 1 + 1]);
  });

  describe('that was added a moment ago, and that reads by id do not show yet', () => {
    /** The pin, with all its removals failing in these ways; reads by id lag behind. */
    async function startAdded(...faults: readonly WriteFault[]) {
      const { upstream, harness } = await start();
      const { pin } = await harness.session().add(pinOf(CID), attemptOf());
      upstream.faults.push(...faults);
      upstream.blinks = 5;
      return { upstream, removing: () => harness.session().remove(pin.requestId) };
    }

    it.each<readonly [string, readonly WriteFault[]]>([
      ['lost answers', ['cut before', 'cut before', 'cut before']],
      ['a replica that has not heard of it', ['500 before', '404 before']],
      ['a refusal in foreign words', [{ told: { status: 404, body: { error: 'Not Found' } }, done: false }]],
    ])('is not gone while a listing shows it (%s)', async (_name, faults) => {
      const { upstream, removing } = await startAdded(...faults);
      expect((await upstreamFailure(removing())).kind).toBe('outcome_unknown');
      expect(upstream.pins.size).toBe(1);
    });

    it('is gone when a listing does not show it either, and unknown when none can be read', async () => {
      for (const [half, end] of [
        [undefined, 'gone'],
        [{ count: 3, results: [] }, 'outcome_unknown'],
        [{ count: 1, results: [{ requestid: 7 }] }, 'outcome_unknown'],
        [{}, 'outcome_unknown'],
      ] as const) {
        const { upstream, removing } = await startAdded('cut after');
        if (half !== undefined)
          upstream.answer(({ path, method }, response) => {
            if (method === 'GET') return path === '/pins' ? { body: half } : { status: 404 };
            response.destroy();
            return undefined;
          });
        const told = await removing().then(
          () => 'gone',
          (error: unknown) => (error instanceof UpstreamError ? error.kind : error),
        );
        expect(told, JSON.stringify(half)).toBe(end);
      }
    });
  });

  it('says at the first try that there was none, and forgets what it read', async () => {
    const { upstream, harness } = await start();
    upstream.put({ requestid: 'old', pin: { cid: CID } });
    const session = harness.session();
    await expect(session.pin('old')).resolves.toMatchObject({ requestId: 'old' });
    await session.remove('old');
    await expect(session.pin('old')).resolves.toBeNull();
    expect((await upstreamFailure(session.remove('old'))).kind).toBe('not_found');
  });

  it('gives up with an unknown outcome after three sendings and a look', async () => {
    const { upstream, harness } = await startSeen();
    upstream.faults.push('500 before', 'cut before', '500 before');
    expect(await upstreamFailure(harness.session().remove('old'))).toMatchObject({
      kind: 'outcome_unknown',
      status: 500,
    });
    expect(upstream.count('DELETE')).toBe(3);
    expect(upstream.count('GET')).toBe(1 + 1);
  });

  it('costs one call when it was seen here, whichever way', async () => {
    const { upstream, harness } = await start();
    const adding = await harness.session().add(pinOf(CID), attemptOf());
    const listed = upstream.put({ requestid: 'listed', pin: { cid: OTHER } }).requestid;
    const page = await harness.session().page(parsePinQuery({}), { first: 10, after: null, before: null });
    expect(page.edges).toHaveLength(2);
    const before = upstream.count('GET');
    for (const id of [adding.pin.requestId, listed]) await harness.session().remove(id);
    expect([upstream.count('GET') - before, upstream.count('DELETE')]).toEqual([0, 2]);
  });

  it('is looked for first when nobody here has seen it, at a service that confirms whatever it is asked', async () => {
    const { upstream, harness } = await start({ confirmsAnything: true });
    expect((await upstreamFailure(harness.session().remove('never'))).kind).toBe('not_found');
    const replacing = harness.session().replace('never', pinOf(CID), attemptOf());
    expect((await upstreamFailure(replacing)).kind).toBe('not_found');
    expect([upstream.count('DELETE'), upstream.count('POST'), upstream.pins.size]).toEqual([0, 0, 0]);
    upstream.put({ requestid: 'old', pin: { cid: CID } });
    await harness.session().remove('old');
    expect([upstream.count('DELETE'), upstream.pins.size]).toEqual([1, 0]);
  });

  it('is not looked for any more once the service has said by itself what there is not', async () => {
    const { upstream, harness } = await startSeen();
    upstream.pins.clear();
    expect((await upstreamFailure(harness.session().remove('old'))).kind).toBe('not_found');
    const before = upstream.count('GET');
    upstream.put({ requestid: 'new', pin: { cid: CID } });
    await harness.session().remove('new');
    expect((await upstreamFailure(harness.session().remove('never'))).kind).toBe('not_found');
    expect([upstream.count('GET') - before, upstream.count('DELETE')]).toEqual([0, 3]);
    // Of replacing that says nothing.
    const replacing = harness.session().replace('never', pinOf(CID), attemptOf());
    expect((await upstreamFailure(replacing)).kind).toBe('not_found');
    expect(upstream.count('POST')).toBe(0);
  });

  it('is looked for all the same by another credential: what a service refuses to one says nothing to the others', async () => {
    const { upstream, harness } = await startSeen();
    upstream.pins.clear();
    expect((await upstreamFailure(harness.session().remove('old'))).kind).toBe('not_found');
    const other = { source: 'caller', fingerprint: 'another', fields: { token: 'another-token' } } as const;
    const session = harness.provider.open('acme', other, { deadline: monotonicNow() + 10_000 });
    const before = [upstream.count('GET'), upstream.count('DELETE')] as const;
    expect((await upstreamFailure(session.remove('never'))).kind).toBe('not_found');
    expect([upstream.count('GET') - before[0], upstream.count('DELETE') - before[1]]).toEqual([1, 0]);
  });

  it('is removed when a look sees it although it was removed here before, at a service that confirms anything', async () => {
    const { upstream, harness } = await start({ confirmsAnything: true });
    for (let times = 0; times < 2; times += 1) {
      upstream.put({ requestid: 'lingering', pin: { cid: CID } });
      await harness.session().remove('lingering');
    }
    expect([upstream.count('DELETE'), upstream.pins.size]).toEqual([2, 0]);
  });

  it('goes on without the look when that fails', async () => {
    const { upstream, harness } = await start();
    upstream.put({ requestid: 'old', pin: { cid: CID } });
    upstream.readsFail = true;
    await harness.session().remove('old');
    expect(upstream.pins.size).toBe(0);
  });

  it('goes on without the look for others where one credential was confirmed what cannot be', async () => {
    const { upstream, harness } = await start({ confirmsAnything: true });
    upstream.put({ requestid: 'old', pin: { cid: CID } });
    await harness.session().remove('old');
    upstream.readsFail = true;
    expect((await upstreamFailure(harness.session().remove('old'))).kind).toBe('not_found');
    for (const requestid of ['mine', 'theirs']) upstream.put({ requestid, pin: { cid: CID } });
    expect((await upstreamFailure(harness.session().remove('mine'))).kind, 'who learned it').toBe('unavailable');
    const other = { source: 'caller', fingerprint: 'another', fields: { token: 'another-token' } } as const;
    const scope = { deadline: monotonicNow() + 10_000 };
    await harness.provider.open('acme', other, scope).remove('theirs');
    expect([...upstream.pins.keys()]).toEqual(['mine']);
  });

  it.each(['', 'OK', '{}', '{"error":null}', 'null', '{"requestid":"old"}'])(
    'is told of it by a 200 with %j',
    async (body) => {
      const { upstream, harness } = await startSeen();
      upstream.answer(() => ({ body }));
      await harness.session().remove('old');
      expect(upstream.requests.map(({ method }) => method)).toEqual(['GET', 'DELETE']);
    },
  );

  describe.each(noConfirmations)('a 200 with %j', (body) => {
    it('confirms nothing: the pin is looked for, and still there', async () => {
      const { upstream, harness } = await startSeen();
      const old = upstream.pins.get('old');
      upstream.answer(({ method }) => (method === 'DELETE' ? { body } : { body: old }));
      expect((await upstreamFailure(harness.session().remove('old'))).kind).toBe('outcome_unknown');
      expect([upstream.count('DELETE'), upstream.count('GET')]).toEqual([3, 1 + 1]);
    });

    it('does no harm where the pin is gone', async () => {
      const { upstream, harness } = await startSeen();
      upstream.answer(({ method }) => (method === 'DELETE' ? { body } : { status: 404 }));
      await harness.session().remove('old');
      expect([upstream.count('DELETE'), upstream.count('GET')]).toEqual([3, 1 + 3]);
    });

    it('is no pin that was added, or put in the place of another', async () => {
      const { upstream, harness } = await start();
      const old = upstream.put({ requestid: 'old', pin: { cid: OTHER } });
      upstream.answer(({ method, path }) => {
        if (method === 'POST') return { body };
        return { body: path === '/pins' ? { count: 0, results: [] } : old };
      });
      expect((await upstreamFailure(harness.session().add(pinOf(CID), attemptOf()))).kind).toBe('outcome_unknown');
      expect(upstream.count('POST')).toBe(1);
      const replacing = harness.session().replace('old', pinOf(CID), attemptOf());
      expect((await upstreamFailure(replacing)).kind).toBe('outcome_unknown');
    });
  });
});
