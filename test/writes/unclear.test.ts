import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError, UpstreamError } from '../../src/errors.js';
import {
  CLAIM,
  QUARANTINE,
  READBACK_DELAY,
  advance,
  harness,
  brittleRecords,
  code,
  endOf,
  play,
  unknownWith,
  upstreamError,
} from './write-harness.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const unreadable = (status: number) =>
  new UpstreamError('bad_response', { provider: 'pi', operation: 'createPayment', delivery: 'answered', status });

describe('a write with an unclear end', () => {
  it('shows the key, and is found again under it', async () => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'unclear with effect';
    expect(await endOf(writes.once(write()))).toEqual(unknownWith('k'));
    expect(await open().once(write())).toEqual({ receipt: 1 });
    expect(upstream).toMatchObject({ sendings: { length: 1 }, looks: { length: 1 } });
    // Found once, it is a result like any other.
    expect(await writes.once(write())).toEqual({ receipt: 1 });
    expect(upstream.looks).toHaveLength(1);
  });

  it('shows a made-up key, under which the caller can ask again', async () => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'unclear with effect';
    const end = await endOf(writes.once(write({ key: undefined })));
    expect(end).toEqual(unknownWith(expect.any(String)));
    const key = 'error' in end && end.error instanceof UpstreamError ? end.error.idempotencyKey : undefined;
    expect(await endOf(open().once(write({ key, payload: 'another' })))).toEqual(code('IDEMPOTENCY_KEY_REUSED'));
    expect(await open().once(write({ key }))).toEqual({ receipt: 1 });
    expect(upstream.sendings).toHaveLength(1);
    expect(upstream.looks[0]?.marker).toBe(upstream.sendings[0]?.marker);
  });

  it('stays unclear when two looks find nothing before the quarantine is over', async () => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = 'unclear without effect';
    await endOf(writes.once(write()));
    upstream.behaviour = 'ok';
    await advance(QUARANTINE - READBACK_DELAY - 1);
    expect(await play(writes.once(write()), READBACK_DELAY)).toEqual(unknownWith('k'));
    expect(upstream).toMatchObject({ sendings: { length: 1 }, looks: { length: 2 } });
  });

  it('is sent again after the quarantine and two clean looks, the delay apart', async () => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = 'unclear without effect';
    const start = Date.now();
    await endOf(writes.once(write()));
    upstream.behaviour = 'ok';
    await advance(QUARANTINE - READBACK_DELAY);
    const again = endOf(writes.once(write()));
    await advance(READBACK_DELAY - 1);
    expect(upstream).toMatchObject({ sendings: { length: 1 }, looks: { length: 1 } });
    await advance(1);
    expect(await again).toEqual({ value: { receipt: 1 } });
    expect(upstream).toMatchObject({ sendings: { length: 2 }, looks: { length: 2 } });
    expect(upstream.sendings[1]).toMatchObject({ marker: upstream.sendings[0]?.marker, startedAt: start });
  });

  it('is found by the second look when the effect comes late', async () => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = 'late effect';
    await endOf(writes.once(write()));
    await advance(9_000);
    expect(await play(writes.once(write()), READBACK_DELAY)).toEqual({ value: { receipt: 1 } });
    expect(upstream).toMatchObject({ sendings: { length: 1 }, looks: { length: 2 } });
  });

  it('is never sent again after a page in place of a refusal, where looking proves nothing', async () => {
    for (const status of [400, 404, 405]) {
      const { writes, write, upstream } = harness();
      upstream.behaviour = { throws: unreadable(status) };
      expect(await endOf(writes.once(write({ resend: 'never' })))).toEqual(unknownWith('k'));
      upstream.behaviour = 'ok';
      await advance(QUARANTINE);
      expect(await play(writes.once(write({ resend: 'never' })))).toEqual(unknownWith('k'));
      expect(upstream.sendings).toHaveLength(1);
    }
  });

  it('is never sent again where looking proves nothing', async () => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = 'unclear without effect';
    await endOf(writes.once(write({ resend: 'never' })));
    await advance(QUARANTINE * 5);
    expect(await play(writes.once(write({ resend: 'never' })))).toEqual(unknownWith('k'));
    expect(upstream.sendings).toHaveLength(1);
  });

  it('stays unclear when a look fails, whatever time has passed', async () => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = 'unclear without effect';
    await endOf(writes.once(write()));
    await advance(QUARANTINE * 2);
    for (const error of [
      upstreamError('timeout', 'unclear'),
      new GatewayError('TOO_MANY_REQUESTS', 'x'),
      new TypeError('x'),
    ]) {
      upstream.lookFails = error;
      expect(await play(writes.once(write()))).toEqual(unknownWith('k'));
    }
    expect(upstream.sendings).toHaveLength(1);
  });

  it('is sent again by one of several instances', async () => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'unclear without effect';
    await endOf(writes.once(write()));
    await advance(QUARANTINE);
    upstream.behaviour = 'ok';
    const ends = await Promise.all([writes, open(), open()].map((instance) => play(instance.once(write()))));
    expect(ends).toEqual(Array(3).fill({ value: { receipt: 1 } }));
    expect(upstream.sendings).toHaveLength(2);
  });

  it.each(['unsent', 'limited'] as const)('stays unclear when sending again does nothing (%s)', async (behaviour) => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = 'late effect';
    await endOf(writes.once(write()));
    upstream.effects.length = 0;
    await advance(QUARANTINE);
    upstream.effects.length = 0;
    upstream.behaviour = behaviour;
    expect(await play(writes.once(write()))).toEqual(unknownWith('k'));
    expect(await endOf(writes.once(write({ payload: 'another' })))).toEqual(code('IDEMPOTENCY_KEY_REUSED'));
    // Still the first sending's quarantine, which is over: what does nothing does not start another.
    upstream.behaviour = 'ok';
    expect(await play(writes.once(write()))).toEqual({ value: { receipt: 1 } });
  });

  it.each([
    ['a timeout that nobody read back', upstreamError('timeout', 'unclear')],
    ['an unreadable answer', unreadable(200)],
    ['a server error', upstreamError('unavailable', 'answered')],
    ['a refusal that did not come through whole', upstreamError('rejected', 'unclear')],
    ['a bug', new TypeError('undefined is not a function')],
  ])('is taken for unclear after %s', async (_, error) => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = { throws: error };
    expect(await endOf(writes.once(write()))).toEqual(unknownWith('k'));
    upstream.behaviour = 'ok';
    expect(await play(writes.once(write()))).toEqual(unknownWith('k'));
    expect(upstream.sendings).toHaveLength(1);
  });

  it('keeps what the upstream said about it', async () => {
    const { writes, write, upstream } = harness();
    upstream.behaviour = 'unclear without effect';
    await endOf(writes.once(write()));
    expect(await play(writes.once(write()))).toMatchObject({
      error: { kind: 'outcome_unknown', upstreamCode: 'because', delivery: 'unclear' },
    });
  });
});

describe('a write whose process died', () => {
  it('after sending is in progress until its claim runs out, then read back, then sent again when nothing came of it', async () => {
    for (const effect of [true, false]) {
      const store = brittleRecords();
      const { writes, write, upstream } = harness(store.records);
      upstream.behaviour = effect ? 'hang with effect' : 'hang';
      void endOf(writes.once(write()));
      await advance(0);
      store.cutOff();
      const survivor = harness(store.healthy);
      const retry = () => play(survivor.writes.once({ ...write(), send: (a) => survivor.upstream.send(a) }));
      expect(await retry()).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
      await advance(CLAIM);
      expect(await retry()).toEqual(effect ? { value: { receipt: 1 } } : unknownWith('k'));
      await advance(QUARANTINE);
      expect(await retry()).toEqual({ value: { receipt: 1 } });
      expect(survivor.upstream.sendings).toHaveLength(effect ? 0 : 1);
    }
  });

  it('before sending may be sent once the claim has run out', async () => {
    const store = brittleRecords();
    const { writes, write } = harness(store.records);
    void endOf(writes.once({ ...write(), send: () => new Promise(() => {}) }));
    await advance(0);
    store.cutOff();
    const survivor = harness(store.healthy);
    expect(await play(survivor.writes.once(survivor.write()))).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    await advance(CLAIM);
    expect(await survivor.writes.once(survivor.write())).toEqual({ receipt: 1 });
    expect(survivor.upstream.looks).toHaveLength(0);
  });

  it('or only slept: it cannot send what another one took over', async () => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    let wake = (): void => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const first = endOf(
      writes.once({
        ...write(),
        send: async (attempt) => {
          await asleep;
          return upstream.send(attempt);
        },
      }),
    );
    await advance(0);
    store.cutOff(CLAIM + 100);
    await advance(CLAIM + 1);
    const survivor = harness(store.healthy);
    expect(await survivor.writes.once(survivor.write())).toEqual({ receipt: 1 });
    await advance(100);
    wake();
    await advance(0);
    expect(await first).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    expect(upstream.sendings).toHaveLength(0);
  });
});
