import { afterEach, describe, expect, it } from 'vitest';
import { refusal } from '../../src/providers/pinning/errors.js';
import { nextTurn } from '../../src/values/next-turn.js';
import type { FakeAnswer } from '../support/fake-upstream.js';
import { until } from '../support/until.js';
import { attemptOf, pinningStarts, pinOf, upstreamFailure } from '../support/pinning-harness.js';

const CID = 'bafkreiaueu2o3qyerfn2gp4jz4yuvti6rnbywgvh3shkskfyyqn5iokyvq';
const OTHER = 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu';

const { start, closeAll } = pinningStarts();
afterEach(closeAll);

/** Refusals of somebody in between, about whom nothing is documented. */
const foreign: readonly (readonly [string, FakeAnswer])[] = [
  ['a 404 of a proxy', { status: 404, body: { message: 'no Route matched with those values' } }],
  ['a 404 with a text', { status: 404, body: { error: 'Not Found' } }],
  ['a 400 of a proxy', { status: 400, body: { message: 'Bad Request' } }],
  ['a page with 409', { status: 409, headers: { 'content-type': 'text/html' }, body: '<html>error code: 1001</html>' }],
  ['an empty 409', { status: 409, body: '' }],
  ['a 402 of a proxy', { status: 402, body: {} }],
  ['the name of a status', { status: 400, body: { error: 'BAD_REQUEST' } }],
  ['the name of a conflict', { status: 409, body: { error: 'CONFLICT' } }],
];

/** Told by what their status says, whoever sent them. */
const byStatus: readonly (readonly [string, FakeAnswer, string])[] = [
  ['a 401 of a proxy', { status: 401, body: { error: 'UNAUTHORIZED' } }, 'unauthorized'],
  ['a page with 403', { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>no</html>' }, 'forbidden'],
  ['a 403 of a proxy', { status: 403, body: { message: 'Forbidden' } }, 'forbidden'],
  ['an empty 429', { status: 429, headers: { 'retry-after': '50' }, body: '' }, 'rate_limited'],
];

describe.each(foreign)('a write that is refused in foreign words (%s)', (_name, told) => {
  const undone = { told, done: false };
  const done = { told, done: true };
  const unusable = { kind: 'bad_response', status: told.status, delivery: 'answered' };

  it('adds: found when it is there, else neither missing nor too dear, and not sent again', async () => {
    const { upstream, harness } = await start();
    upstream.faults.push(done);
    const attempt = attemptOf({ keyed: true });
    const added = await harness.session().add(pinOf(CID), attempt);
    expect(added).toMatchObject({ pin: { marker: attempt.marker }, alreadyPinned: false });
    upstream.faults.push(undone);
    const failure = await upstreamFailure(harness.session().add(pinOf(OTHER), attemptOf({ keyed: true })));
    expect(failure).toMatchObject(unusable);
    expect([upstream.count('POST'), upstream.pins.size]).toEqual([2, 1]);
  });

  it('adds: stays unknown when nobody could look', async () => {
    const { upstream, harness } = await start();
    upstream.answer(({ method }) => (method === 'GET' ? { status: 400, body: '' } : told));
    expect((await upstreamFailure(harness.session().add(pinOf(CID), attemptOf()))).kind).toBe('outcome_unknown');
  });

  it('replaces: found when it was done, else the old pin is seen, and nothing is sent again', async () => {
    const { upstream, harness } = await start();
    upstream.put({ requestid: 'old', pin: { cid: OTHER } });
    upstream.faults.push(undone);
    const failure = await upstreamFailure(harness.session().replace('old', pinOf(CID), attemptOf()));
    expect(failure).toMatchObject(unusable);
    expect([...upstream.pins.keys()]).toEqual(['old']);
    upstream.faults.push(done);
    const attempt = attemptOf();
    expect(await harness.session().replace('old', pinOf(CID), attempt)).toMatchObject({ marker: attempt.marker });
    expect([upstream.count('POST'), upstream.pins.size]).toEqual([2, 1]);
  });

  it('removes: done when the pin is gone, else it is seen, and nothing is sent again', async () => {
    const { upstream, harness } = await start();
    upstream.put({ requestid: 'old', pin: { cid: OTHER } });
    await harness.session().pin('old');
    upstream.faults.push(undone);
    expect(await upstreamFailure(harness.session().remove('old'))).toMatchObject(unusable);
    upstream.faults.push(done);
    await harness.session().remove('old');
    expect([upstream.count('DELETE'), upstream.pins.size]).toEqual([2, 0]);
  });

  it('removes: stays unknown when nobody could look', async () => {
    const { upstream, harness } = await start();
    upstream.put({ requestid: 'old', pin: { cid: OTHER } });
    await harness.session().pin('old');
    upstream.faults.push(undone);
    upstream.readsFail = true;
    expect((await upstreamFailure(harness.session().remove('old'))).kind).toBe('outcome_unknown');
  });
});

describe.each(byStatus)('a write that is told by the status of whoever refused it (%s)', (_name, told, kind) => {
  const undone = { told, done: false };
  const done = { told, done: true };

  it('adds: found when it is there, with markers and without', async () => {
    for (const keepsMeta of [true, false]) {
      const { upstream, harness } = await start({ keepsMeta });
      upstream.faults.push(done);
      expect((await harness.session().add(pinOf(CID), attemptOf({ keyed: true }))).pin.requestId).toBe('req-1');
      expect([upstream.count('POST'), upstream.pins.size]).toEqual([1, 1]);
    }
  });

  it('adds: refused when two looks find none, and open where nobody could look', async () => {
    const { upstream, harness } = await start();
    upstream.faults.push(undone);
    expect(await upstreamFailure(harness.session().add(pinOf(CID), attemptOf()))).toMatchObject({
      kind,
      delivery: 'answered',
    });
    const blind = await start();
    blind.upstream.answer(({ method }) => (method === 'GET' ? { status: 400, body: '' } : told));
    expect(await upstreamFailure(blind.harness.session().add(pinOf(CID), attemptOf()))).toMatchObject({
      kind,
      endOpen: true,
    });
  });

  it('replaces: found when it was done, also without markers, else the old pin is seen', async () => {
    for (const keepsMeta of [true, false]) {
      const { upstream, harness } = await start({ keepsMeta });
      upstream.put({ requestid: 'old', pin: { cid: OTHER } });
      upstream.faults.push(undone);
      const failure = await upstreamFailure(harness.session().replace('old', pinOf(CID), attemptOf()));
      expect(failure).toMatchObject({ kind, delivery: 'answered' });
      if (kind === 'rate_limited') return;
      upstream.faults.push(done);
      expect(await harness.session().replace('old', pinOf(CID), attemptOf())).toMatchObject({ cid: CID });
      expect([upstream.count('POST'), upstream.pins.size]).toEqual([2, 1]);
    }
  });

  it('removes: done when a pin that was seen is gone, open when nobody has seen it, else refused', async () => {
    for (const seen of [true, false]) {
      const { upstream, harness } = await start();
      upstream.put({ requestid: 'old', pin: { cid: OTHER } });
      if (seen) await harness.session().pin('old');
      else harness.session();
      upstream.faults.push(done);
      const end = await harness
        .session()
        .remove('old')
        .catch((error: unknown) => error);
      // What nobody has seen is looked for before, as long as the service has not said by itself that something is missing.
      expect(end).toBeUndefined();
    }
    const { upstream, harness } = await start();
    upstream.put({ requestid: 'old', pin: { cid: OTHER } });
    upstream.faults.push(undone);
    expect(await upstreamFailure(harness.session().remove('old'))).toMatchObject({ kind, delivery: 'answered' });
    expect(upstream.pins.size).toBe(1);
  });
});

describe('a credential that is let in nowhere', () => {
  it.each(byStatus.filter(([, , kind]) => kind !== 'rate_limited'))(
    '(%s) is refused for good after one look',
    async (_name, told, kind) => {
      const { upstream, harness } = await start();
      upstream.answer(() => told);
      const refused = { kind, delivery: 'answered' };
      expect(await upstreamFailure(harness.session().add(pinOf(CID), attemptOf()))).toMatchObject(refused);
      const sent = upstream.requests.length;
      expect(await upstreamFailure(harness.session().replace('x', pinOf(CID), attemptOf()))).toMatchObject(refused);
      expect(await upstreamFailure(harness.session().remove('x'))).toMatchObject(refused);
      expect(sent).toBe(3);
    },
  );
});

it('a refusal is not believed beside a new pin without a mark, on a service that kept marks before', async () => {
  const { upstream, harness } = await start();
  await harness.session().add(pinOf(OTHER), attemptOf());
  upstream.faults.push({ told: { status: 403, body: { message: 'Forbidden' } }, done: false });
  const attempt = attemptOf({ keyed: true });
  const added = harness.session().add(pinOf(CID), attempt);
  await until(() => upstream.count('POST') === 2);
  upstream.put({ requestid: 'bare', pin: { cid: CID } });
  expect(await upstreamFailure(added)).toMatchObject({ kind: 'forbidden', endOpen: true });
});

describe('an empty 404', () => {
  it('to what makes a pin proves nothing', async () => {
    const { upstream, harness } = await start();
    const told = { status: 404, body: '' };
    upstream.faults.push({ told, done: true });
    expect((await harness.session().add(pinOf(CID), attemptOf({ keyed: true }))).pin.requestId).toBe('req-1');
    upstream.put({ requestid: 'old', pin: { cid: CID } });
    upstream.faults.push({ told, done: true });
    expect(await harness.session().replace('old', pinOf(OTHER), attemptOf())).toMatchObject({ cid: OTHER });
  });
});

describe('a pin that nobody has seen', () => {
  it.each([
    ['is missing when looks agree with a refusal in foreign words', foreign[1], 'not_found'],
    ['is not missing by the words of a gateway that every look meets', foreign[0], 'outcome_unknown'],
  ] as const)('%s', async (_name, [, told] = ['', {}], kind) => {
    const { upstream, harness } = await start();
    upstream.answer(({ method, path }) =>
      method === 'GET' && path === '/pins' ? { body: { count: 0, results: [] } } : told,
    );
    expect((await upstreamFailure(harness.session().remove('who'))).kind).toBe(kind);
    expect((await upstreamFailure(harness.session().replace('who', pinOf(CID), attemptOf()))).kind).toBe(kind);
  });
});

it.each([408, 500, 503])("a %i proves nothing of a write, in the service's own words too", (status) => {
  const text = JSON.stringify({ error: { reason: 'SOMETHING_ELSE' } });
  const facts = { provider: 'pinning', operation: 'addPin', credential: 'server' } as const;
  expect(refusal({ status, headers: {}, text, turn: nextTurn }, facts, 'write').delivery).toBe('unclear');
});
