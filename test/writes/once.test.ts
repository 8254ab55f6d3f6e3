import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError, InvalidInput, UpstreamError, invalidInput } from '../../src/errors.js';
import { QUARANTINE, advance, harness, code, endOf, play, upstreamError } from './write-harness.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const DAY = 24 * 3_600_000;

describe('a write that ends clearly', () => {
  it('is sent once and its result replayed for a day, by any instance', async () => {
    const { writes, open, write, upstream } = harness();
    expect(await writes.once(write())).toEqual({ receipt: 1 });
    await advance(DAY - 1);
    expect(await open().once(write())).toEqual({ receipt: 1 });
    expect(upstream.sendings).toHaveLength(1);
    await advance(1);
    expect(await writes.once(write())).toEqual({ receipt: 2 });
  });

  it('replays a final refusal as an equal error', async () => {
    const { writes, write, upstream } = harness();
    for (const kind of ['conflict', 'insufficient_funds', 'rejected', 'not_found'] as const) {
      upstream.behaviour = { throws: upstreamError(kind, 'answered') };
      const first = await endOf(writes.once(write({ key: kind })));
      upstream.behaviour = 'ok';
      const second = await endOf(writes.once(write({ key: kind })));
      expect(first).toMatchObject({ error: { kind, status: 409, upstreamCode: 'because', delivery: 'answered' } });
      expect(second).toMatchObject({
        error: { kind, status: 409, upstreamCode: 'because', delivery: 'answered', replayed: true },
      });
      expect('error' in second && second.error).toBeInstanceOf(UpstreamError);
    }
    expect(upstream.sendings).toHaveLength(4);
  });

  it.each([
    ['unsent', upstreamError('unavailable', 'unsent')],
    ['circuit open', upstreamError('circuit_open', 'unsent')],
    ['rate limited', upstreamError('rate_limited', 'answered')],
    ['unauthorized', upstreamError('unauthorized', 'answered')],
    ['forbidden', upstreamError('forbidden', 'answered')],
    ['a limit of ours', new GatewayError('TOO_MANY_REQUESTS', 'slow down')],
  ])('stores nothing when it was not done: %s', async (_, error) => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = { throws: error };
    expect(await endOf(writes.once(write()))).toEqual({ error });
    upstream.behaviour = 'ok';
    // Not even the payload is bound to the key.
    expect(await writes.once(write({ payload: 'another' }))).toEqual({ receipt: 1 });
  });

  it.each([
    ['bad input', invalidInput('input.amount', 'too much')],
    ['a refusal', upstreamError('conflict', 'answered')],
    ['a bug', new TypeError('x')],
  ])('stores nothing when it fails before anything is sent: %s', async (_, error) => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = { throws: error, before: true };
    expect(await endOf(writes.once(write()))).toEqual({ error });
    upstream.behaviour = 'ok';
    expect(await writes.once(write({ payload: 'another' }))).toEqual({ receipt: 1 });
  });

  it('tells the sender marker, start and whether the key was chosen', async () => {
    const { writes, write, upstream } = harness();
    const start = Date.now();
    await writes.once(write());
    await writes.once(write({ key: undefined }));
    expect(upstream.sendings).toMatchObject([
      { keyed: true, startedAt: start },
      { keyed: false, startedAt: start },
    ]);
    expect(upstream.sendings[0]?.marker).not.toBe(upstream.sendings[1]?.marker);
  });
});

describe('keys', () => {
  it('refuses an unusable key before anything else', async () => {
    const { writes, write, upstream } = harness();
    const end = await endOf(writes.once(write({ key: 'a\nb' })));
    expect('error' in end && end.error).toBeInstanceOf(InvalidInput);
    expect(upstream.sendings).toHaveLength(0);
  });

  it('stands for one payload, however its members are ordered', async () => {
    const { writes, open, write } = harness();
    await writes.once(write({ payload: { a: 1, b: [2] } }));
    expect(await open().once(write({ payload: { b: [2], a: 1 } }))).toEqual({ receipt: 1 });
    expect(await endOf(writes.once(write({ payload: { a: 1, b: [3] } })))).toEqual(code('IDEMPOTENCY_KEY_REUSED'));
  });

  it('belongs to one principal and operation', async () => {
    const { writes, write } = harness();
    await writes.once(write());
    expect(await writes.once(write({ principal: 'other', payload: 1 }))).toEqual({ receipt: 2 });
    expect(await writes.once(write({ operation: 'addPin', payload: 1 }))).toEqual({ receipt: 3 });
  });

  it('without a key each call is a write of its own, and nothing is stored when it ends clearly', async () => {
    const { writes, write, records } = harness();
    const create = vi.spyOn(records, 'create');
    expect(await Promise.all([writes.once(write({ key: undefined })), writes.once(write({ key: undefined }))])).toEqual(
      [{ receipt: 1 }, { receipt: 2 }],
    );
    expect(create).not.toHaveBeenCalled();
  });
});

describe('a duplicate of a running write', () => {
  it.each(['the same', 'another'])('in %s instance gets the result when it comes in time', async (where) => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'hang';
    const first = writes.once(write());
    await advance(0);
    const second = endOf((where === 'the same' ? writes : open()).once(write()));
    await advance(1_500);
    upstream.release();
    await advance(500);
    expect(await second).toEqual({ value: { receipt: 1 } });
    expect(await first).toEqual({ receipt: 1 });
    expect(upstream.sendings).toHaveLength(1);
  });

  it.each(['the same', 'another'])('in %s instance is told to come back after two seconds', async (where) => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'hang';
    const first = writes.once(write());
    await advance(0);
    let ended = false;
    const second = endOf((where === 'the same' ? writes : open()).once(write())).finally(() => {
      ended = true;
    });
    await advance(1_900);
    expect(ended).toBe(false);
    await advance(200);
    expect(await second).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    upstream.release();
    expect(await first).toEqual({ receipt: 1 });
  });

  it.each(['the same', 'another'])('in %s instance with another payload is refused at once', async (where) => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'hang';
    const first = writes.once(write());
    const end = endOf((where === 'the same' ? writes : open()).once(write({ payload: 'another' })));
    await advance(150);
    expect(await end).toEqual(code('IDEMPOTENCY_KEY_REUSED'));
    upstream.release();
    await first;
  });

  it('is not refused because of a wrong payload that runs into the record at the same time', async () => {
    const { writes, open, write } = harness();
    await open().once(write());
    const wrong = endOf(writes.once(write({ payload: 'wrong' })));
    const right = endOf(writes.once(write()));
    await advance(200);
    expect(await wrong).toEqual(code('IDEMPOTENCY_KEY_REUSED'));
    expect(await right).toEqual({ value: { receipt: 1 } });
  });

  it('takes over when the first one turns out not to have sent anything', async () => {
    const { writes, open, write, upstream } = harness();
    let fail: (error: Error) => void = () => {};
    const first = endOf(
      writes.once({
        ...write(),
        send: () =>
          new Promise((_, reject) => {
            fail = reject;
          }),
      }),
    );
    await advance(0);
    const second = endOf(open().once(write()));
    await advance(500);
    fail(upstreamError('unavailable', 'unsent'));
    await advance(500);
    expect(await first).toMatchObject({ error: { kind: 'unavailable' } });
    expect(await second).toEqual({ value: { receipt: 1 } });
    expect(upstream.sendings).toHaveLength(1);
  });

  it('waits for a write that takes long, rather than take it for abandoned', async () => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'hang';
    const first = writes.once(write());
    await advance(QUARANTINE * 10);
    const second = await play(open().once(write()));
    expect(second).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    expect(upstream.looks).toHaveLength(0);
    upstream.release();
    expect(await first).toEqual({ receipt: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });
});
