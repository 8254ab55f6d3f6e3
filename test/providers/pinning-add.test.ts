import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { GatewayError, InvalidInput } from '../../src/errors.js';
import { effectful, effectless } from '../support/fake-pinning.js';
import type { SeenRequest } from '../support/fake-upstream.js';
import { attemptOf, pinningHarness, pinningStarts, pinOf, upstreamFailure } from '../support/pinning-harness.js';

const CID = 'bafkreiaueu2o3qyerfn2gp4jz4yuvti6rnbywgvh3shkskfyyqn5iokyvq';
const OTHER = 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu';

const { start, closeAll } = pinningStarts();
afterEach(closeAll);

describe('adding a pin', () => {
  it('sends name, origins, meta and the marker, once', async () => {
    const { upstream, harness } = await start();
    const attempt = attemptOf();
    const { pin, alreadyPinned } = await harness
      .session()
      .add(pinOf(CID, { name: 'orchard', meta: { shelf: '3' } }), attempt);
    expect(alreadyPinned).toBe(false);
    expect(pin).toMatchObject({
      service: 'acme',
      cid: CID,
      name: 'orchard',
      meta: { shelf: '3' },
      marker: attempt.marker,
    });
    const post = upstream.requests.find((request) => request.method === 'POST');
    expect(JSON.parse(post?.body ?? '')).toEqual({
      cid: CID,
      name: 'orchard',
      meta: { shelf: '3', gw_idem: attempt.marker },
    });
    expect(post?.headers.authorization).toBe('Bearer caller-token');
    expect(attempt.sendings).toBe(1);
  });

  it('looks before it sends until the service has shown to keep markers, then only for a chosen key', async () => {
    const { upstream, harness } = await start();
    await harness.session().add(pinOf(CID), attemptOf());
    expect(upstream.count('GET')).toBe(1);
    await harness.session().add(pinOf(CID), attemptOf());
    expect(upstream.count('GET')).toBe(1);
    await harness.session().add(pinOf(CID), attemptOf({ keyed: true }));
    expect(upstream.count('GET')).toBe(2);
  });

  it('finds what an earlier life sent under the same key, and sends nothing', async () => {
    const { upstream, harness } = await start();
    const attempt = attemptOf({ keyed: true });
    upstream.put({ requestid: 'from-before', pin: { cid: CID, meta: { gw_idem: attempt.marker } } });
    const added = await harness.session().add(pinOf(CID), attempt);
    expect(added).toMatchObject({ pin: { requestId: 'from-before' }, alreadyPinned: false });
    expect(upstream.count('POST')).toBe(0);
    expect(attempt.sendings).toBe(0);
  });

  it.each(effectful)('%s: finds the pin again by its marker', async (fault) => {
    const { upstream, harness } = await start();
    upstream.put({ pin: { cid: CID, meta: { gw_idem: 'of-somebody-else' } } });
    upstream.faults.push(fault);
    const attempt = attemptOf();
    const { pin, alreadyPinned } = await harness.session().add(pinOf(CID), attempt);
    expect(pin.marker).toBe(attempt.marker);
    expect(alreadyPinned).toBe(false);
    expect(upstream.count('POST')).toBe(1);
  });

  it.each(effectful)(
    '%s: finds the pin again without a marker, as the one that was not there before',
    async (fault) => {
      const { upstream, harness } = await start({ keepsMeta: false });
      upstream.put({ requestid: 'older', pin: { cid: CID, name: 'same' } });
      upstream.faults.push(fault);
      const { pin } = await harness.session().add(pinOf(CID, { name: 'same' }), attemptOf());
      expect(pin.requestId).not.toBe('older');
      expect(upstream.pins.size).toBe(2);
    },
  );

  it.each(effectless)('%s: the outcome stays unknown after two looks, and nothing is sent again', async (fault) => {
    const { upstream, harness } = await start();
    upstream.faults.push(fault);
    const error = await upstreamFailure(harness.session().add(pinOf(CID), attemptOf()));
    expect(error).toMatchObject({
      kind: 'outcome_unknown',
      delivery: 'unclear',
      operation: 'addPin',
      provider: 'pinning:acme',
      credential: 'caller',
    });
    expect(upstream.count('POST')).toBe(1);
    expect(upstream.count('GET')).toBe(1 + 2);
  });

  it('does not take one of two new unmarked pins for its own', async () => {
    const { upstream, harness } = await start({ keepsMeta: false });
    const attempt = attemptOf();
    const session = harness.session();
    upstream.faults.push('cut after');
    const adding = session.add(pinOf(CID), { ...attempt, sent: async () => void upstream.put({ pin: { cid: CID } }) });
    expect((await upstreamFailure(adding)).kind).toBe('outcome_unknown');
    await expect(upstreamFailure(session.findAdded(pinOf(CID), attempt))).resolves.toMatchObject({
      kind: 'outcome_unknown',
    });
  });

  it.each([
    [-299_000, true],
    [-301_000, false],
  ])(
    'takes a new unmarked pin that its service dates %i ms from the sending for its own: %s',
    async (offset, taken) => {
      const { upstream, harness } = await start({ keepsMeta: false });
      upstream.faults.push('cut before');
      const attempt = attemptOf();
      const adding = harness.session().add(pinOf(CID), {
        ...attempt,
        sent: async () =>
          void upstream.put({
            requestid: 'ours',
            created: new Date(attempt.startedAt + offset).toISOString(),
            pin: { cid: CID },
          }),
      });
      if (taken) expect((await adding).pin.requestId).toBe('ours');
      else expect((await upstreamFailure(adding)).kind).toBe('outcome_unknown');
      expect(upstream.count('POST')).toBe(1);
    },
  );

  it('takes no unmarked pin for its own where markers are kept', async () => {
    const { upstream, harness } = await start();
    await harness.session().add(pinOf(OTHER), attemptOf());
    upstream.faults.push('cut before');
    const adding = harness
      .session()
      .add(pinOf(CID), { ...attemptOf({ keyed: true }), sent: async () => void upstream.put({ pin: { cid: CID } }) });
    expect((await upstreamFailure(adding)).kind).toBe('outcome_unknown');
  });

  it('without a pre-read, takes an unmarked pin for its own only when it is younger than the attempt', async () => {
    const { upstream, harness } = await start({ keepsMeta: false });
    const attempt = attemptOf({ keyed: true });
    const earlier = upstream.put({ created: new Date(attempt.startedAt - 60_000).toISOString(), pin: { cid: CID } });
    expect((await upstreamFailure(harness.session().findAdded(pinOf(CID), attempt))).kind).toBe('outcome_unknown');
    upstream.pins.delete(earlier.requestid);
    upstream.put({
      requestid: 'long-ago',
      created: new Date(attempt.startedAt - 600_000).toISOString(),
      pin: { cid: CID },
    });
    await expect(harness.session().findAdded(pinOf(CID), attempt)).resolves.toBeUndefined();
    upstream.put({ requestid: 'younger', created: new Date(attempt.startedAt + 1).toISOString(), pin: { cid: CID } });
    await expect(harness.session().findAdded(pinOf(CID), attempt)).resolves.toMatchObject({
      pin: { requestId: 'younger' },
    });
    await expect(harness.session().findAdded(pinOf(CID, { name: 'other' }), attempt)).resolves.toBeUndefined();
  });

  it('sent again under its key, takes what the first sending made in the end', async () => {
    const { upstream, harness } = await start({ keepsMeta: false });
    const attempt = attemptOf({ keyed: true });
    upstream.faults.push('cut before');
    expect((await upstreamFailure(harness.session().add(pinOf(CID), attempt))).kind).toBe('outcome_unknown');
    upstream.put({ requestid: 'late', pin: { cid: CID } });
    await expect(harness.session().add(pinOf(CID), attempt)).resolves.toMatchObject({
      pin: { requestId: 'late' },
      alreadyPinned: false,
    });
    expect(upstream.count('POST')).toBe(1);
  });

  it('is not sent again beside a pin that was not there before, whatever date its service gives it', async () => {
    const { upstream, harness } = await start({ keepsMeta: false });
    const attempt = attemptOf({ keyed: true });
    upstream.faults.push('cut before');
    const created = new Date(attempt.startedAt - 600_000).toISOString();
    const behind = { ...attempt, sent: async () => void upstream.put({ created, pin: { cid: CID } }) };
    const unknown = async (ending: Promise<unknown>) =>
      expect((await upstreamFailure(ending)).kind).toBe('outcome_unknown');
    await unknown(harness.session().add(pinOf(CID), behind));
    await unknown(harness.session().findAdded(pinOf(CID), attempt));
    await unknown(harness.session().add(pinOf(CID), attempt));
    expect(upstream.count('POST')).toBe(1);
    // Of another name it is somebody else's.
    const other = pinOf(CID, { name: 'other' });
    await expect(harness.session().findAdded(other, attempt)).resolves.toBeUndefined();
  });

  it('looks back even when the caller has no calls left', async () => {
    const { upstream, harness } = await start();
    upstream.faults.push('cut after');
    let calls = 0;
    const onAttempt = () => {
      if (++calls > 2) throw new GatewayError('TOO_MANY_REQUESTS', 'enough');
    };
    await expect(harness.session({ onAttempt }).add(pinOf(CID), attemptOf())).resolves.toMatchObject({
      alreadyPinned: false,
    });
    expect(calls).toBe(3);
    await expect(harness.session({ onAttempt }).add(pinOf(CID), attemptOf())).rejects.toThrow('enough');
    expect(upstream.count('POST')).toBe(1);
  });

  it('refused connection: nothing was sent, and that is said', async () => {
    const { upstream, harness } = await start();
    await harness.session().add(pinOf(CID), attemptOf());
    await upstream.close();
    expect(await upstreamFailure(harness.session().add(pinOf(CID), attemptOf()))).toMatchObject({
      kind: 'unavailable',
      delivery: 'unsent',
    });
  });

  it('no answer in time: finds the pin although the client has left', async () => {
    const { upstream } = await start();
    const harness = pinningHarness(upstream.url, { writeTimeoutMs: 500 });
    onTestFinished(() => harness.http.close());
    const attempt = attemptOf();
    const leaving = new AbortController();
    const session = harness.session({ signal: leaving.signal });
    const adding = session.add(pinOf(CID), {
      ...attempt,
      async sent() {
        upstream.answer((request) => {
          leaving.abort();
          if (request.method === 'POST') {
            upstream.put({ requestid: 'late', pin: { cid: CID, meta: { gw_idem: attempt.marker } } });
            return new Promise(() => {});
          }
          return { body: { count: 1, results: [...upstream.pins.values()] } };
        });
      },
    });
    await expect(adding).resolves.toMatchObject({ pin: { requestId: 'late' } });
  });

  it('is told of a refusal as such', async () => {
    const { upstream, harness } = await start();
    upstream.answer((request) =>
      request.method === 'GET'
        ? { body: { count: 0, results: null } }
        : { status: 409, body: { error: { reason: 'INSUFFICIENT_FUNDS' } } },
    );
    expect(await upstreamFailure(harness.session().add(pinOf(CID), attemptOf()))).toMatchObject({
      kind: 'insufficient_funds',
      delivery: 'answered',
      upstreamCode: 'INSUFFICIENT_FUNDS',
    });
    expect(upstream.count('POST')).toBe(1);
  });

  it('one pin per content: says that it was there', async () => {
    const { upstream, harness } = await start({ again: 'same pin' });
    upstream.put({ requestid: 'first', created: '2025-01-01T00:00:00Z', pin: { cid: CID, name: 'first name' } });
    await expect(harness.session().add(pinOf(CID), attemptOf())).resolves.toMatchObject({
      pin: { requestId: 'first' },
      alreadyPinned: true,
    });
    upstream.put({ requestid: 'second', pin: { cid: OTHER, meta: { gw_idem: 'another' } } });
    await expect(harness.session().add(pinOf(OTHER), attemptOf())).resolves.toMatchObject({
      pin: { requestId: 'second' },
      alreadyPinned: true,
    });
  });

  it('does not say that a pin was there which a look did not find, however old its service calls it', async () => {
    const { upstream, harness } = await start({ keepsMeta: false });
    const slow = (request: SeenRequest) => {
      if (request.method === 'GET')
        return { body: { count: upstream.pins.size, results: [...upstream.pins.values()] } };
      const created = new Date(Date.now() - 600_000).toISOString();
      return { status: 202, body: upstream.put({ created, pin: { cid: CID, name: 'same' } }) };
    };
    upstream.answer(slow);
    const add = () => harness.session().add(pinOf(CID, { name: 'same' }), attemptOf({ keyed: true }));
    await expect(add()).resolves.toMatchObject({ pin: { requestId: 'req-1' }, alreadyPinned: false });
    await expect(add()).resolves.toMatchObject({ pin: { requestId: 'req-2' }, alreadyPinned: false });
  });

  it('goes by the age of an answered pin where nobody could look', async () => {
    const { upstream, harness } = await start();
    upstream.answer(({ method }) => {
      if (method === 'GET') return { status: 400, body: { error: { reason: 'BAD_REQUEST', details: 'no' } } };
      return { status: 202, body: upstream.put({ created: '2025-01-01T00:00:00Z', pin: { cid: CID } }) };
    });
    const added = harness.session().add(pinOf(CID), attemptOf());
    await expect(added).resolves.toMatchObject({ pin: { requestId: 'req-1' }, alreadyPinned: true });
  });

  it('refused as a duplicate: the pin when it is what was asked for, else a conflict', async () => {
    const { upstream, harness } = await start({ again: 'refused' });
    upstream.put({ requestid: 'there', pin: { cid: CID, name: 'album', meta: { shelf: '3' } } });
    await expect(
      harness.session().add(pinOf(CID, { name: 'album', meta: { shelf: '3' } }), attemptOf()),
    ).resolves.toMatchObject({ pin: { requestId: 'there' }, alreadyPinned: true });
    for (const input of [pinOf(CID, { name: 'album' }), pinOf(CID, { name: 'other', meta: { shelf: '3' } })]) {
      expect(await upstreamFailure(harness.session().add(input, attemptOf()))).toMatchObject({
        kind: 'conflict',
        upstreamCode: 'DUPLICATE_OBJECT',
        delivery: 'answered',
      });
    }
    expect(upstream.pins.size).toBe(1);
  });

  it('finds an earlier sending without changing anything, and says when there is none', async () => {
    const { upstream, harness } = await start();
    const attempt = attemptOf({ keyed: true });
    await expect(harness.session().findAdded(pinOf(CID), attempt)).resolves.toBeUndefined();
    upstream.put({ requestid: 'mine', pin: { cid: CID, meta: { gw_idem: attempt.marker } } });
    await expect(harness.session().findAdded(pinOf(CID), attempt)).resolves.toMatchObject({
      pin: { requestId: 'mine' },
      alreadyPinned: false,
    });
    expect(upstream.count('POST')).toBe(0);
  });

  it('checks the input before anything is sent', async () => {
    const { upstream, harness } = await start();
    await expect(harness.session().add(pinOf('nonsense'), attemptOf())).rejects.toThrow(InvalidInput);
    expect(upstream.requests).toEqual([]);
  });
});
