import { afterEach, describe, expect, it } from 'vitest';
import type { FakeAnswer } from '../support/fake-upstream.js';
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

describe('a pin that nobody has seen', () => {
  it('is missing when looks agree with a refusal in foreign words', async () => {
    const { upstream, harness } = await start();
    const [, told] = foreign[0] ?? ['', {}];
    upstream.answer(({ method, path }) =>
      method === 'GET' && path === '/pins' ? { body: { count: 0, results: [] } } : told,
    );
    expect((await upstreamFailure(harness.session().remove('who'))).kind).toBe('not_found');
    expect((await upstreamFailure(harness.session().replace('who', pinOf(CID), attemptOf()))).kind).toBe('not_found');
  });
});
