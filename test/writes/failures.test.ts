import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { createMemoryState } from '../../src/state/memory.js';
import {
  CLAIM,
  QUARANTINE,
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

describe('a store that fails', () => {
  it('stops a write with a key before it is sent, and no other', async () => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    store.cutOff(1_000);
    expect(await endOf(writes.once(write()))).toEqual(code('IDEMPOTENCY_STORE_UNAVAILABLE'));
    expect(upstream.sendings).toHaveLength(0);
    expect(await writes.once(write({ key: undefined }))).toEqual({ receipt: 1 });
    await advance(1_000);
    expect(await writes.once(write())).toEqual({ receipt: 2 });
  });

  it('stops a write when the sending cannot be recorded', async () => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    const end = await endOf(
      writes.once({
        ...write(),
        send: (attempt) => {
          store.cutOff(1_000);
          return upstream.send(attempt);
        },
      }),
    );
    expect(end).toEqual(code('IDEMPOTENCY_STORE_UNAVAILABLE'));
    expect(upstream.sendings).toHaveLength(0);
    // The intent could not be taken back; it runs out.
    await advance(CLAIM + 1_000);
    expect(await writes.once(write())).toEqual({ receipt: 1 });
  });

  it.each([
    ['ok', { value: { receipt: 1 } }],
    ['refuse', { error: { kind: 'conflict' } }],
    ['unclear with effect', unknownWith('k')],
  ] as const)(
    'after the sending does not lose its end (%s): it is told here at once, and to everybody once the store is back',
    async (behaviour, expected) => {
      const store = brittleRecords();
      const { writes, write, upstream } = harness(store.records);
      const other = harness(store.healthy).writes;
      upstream.behaviour = behaviour;
      const end = await endOf(
        writes.once({
          ...write(),
          send: async (attempt) => {
            await attempt.sent();
            store.cutOff(1_000);
            return upstream.send({ ...attempt, sent: async () => {} });
          },
        }),
      );
      expect(end).toMatchObject(expected);
      upstream.behaviour = 'ok';
      const known = behaviour === 'refuse' ? { error: { kind: 'conflict' } } : { value: { receipt: 1 } };
      expect(await endOf(writes.once(write())), 'while the store is away').toMatchObject(known);
      await advance(2_001);
      expect(await endOf(other.once(write())), 'on another instance').toMatchObject(known);
      expect(await endOf(writes.once(write()))).toMatchObject(known);
      expect(upstream.sendings).toHaveLength(1);
    },
  );

  it('is not tried any more once the writes are closed, and no timer stays behind', async () => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    await writes.once({
      ...write(),
      send: async (attempt) => {
        await attempt.sent();
        store.cutOff();
        return upstream.send({ ...attempt, sent: async () => {} });
      },
    });
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    writes.close();
    await writes.abandon();
    await advance(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not make a longer write fail in the middle', async () => {
    const store = brittleRecords();
    const { writes, write } = harness(store.records);
    const end = await endOf(
      writes.once({
        ...write(),
        send: async (attempt) => {
          await attempt.sent();
          store.cutOff(1_000);
          await attempt.sent();
          await attempt.sent();
          return { receipt: 7 };
        },
      }),
    );
    expect(end).toEqual({ value: { receipt: 7 } });
  });

  it('is asked in vain when it is full: nothing is sent and nothing alive is dropped', async () => {
    const { writes, write, upstream } = harness(createMemoryState({ maxEntries: 1 }).records);
    await writes.once(write());
    expect(await endOf(writes.once(write({ key: 'second', principal: 'another' })))).toEqual(
      code('IDEMPOTENCY_STORE_UNAVAILABLE'),
    );
    expect(await writes.once(write())).toEqual({ receipt: 1 });
    expect(upstream.sendings).toHaveLength(1);
  });

  it('is not filled by one caller: the refusal says whose keys are too many', async () => {
    const { writes, write, upstream } = harness(createMemoryState({ maxEntries: 20 }).records);
    for (const key of ['one', 'two']) await writes.once(write({ key }));
    expect(await endOf(writes.once(write({ key: 'three' })))).toEqual(code('IDEMPOTENCY_QUOTA_EXCEEDED'));
    expect(await endOf(writes.once(write({ key: 'three', principal: 'another' })))).toMatchObject({ value: {} });
    expect(upstream.sendings).toHaveLength(3);
  });

  it('that cannot be trusted sends nothing that is never sent twice, and goes on with all else', async () => {
    const { records } = createMemoryState();
    let doubt: 'evicts' | 'emptied' | undefined = 'emptied';
    const { writes, write, upstream } = harness(records, Date.now, () => doubt);
    const payout = write({ resend: 'never' });
    expect(await endOf(writes.once(payout))).toEqual(code('IDEMPOTENCY_STORE_UNAVAILABLE'));
    expect(upstream.sendings).toHaveLength(0);
    expect(await writes.once(write({ key: 'pin' }))).toEqual({ receipt: 1 });
    doubt = undefined;
    expect(await writes.once(payout)).toEqual({ receipt: 2 });
  });

  it('remembers what is never sent twice for 30 days, and all else for one', async () => {
    const { writes, write, upstream } = harness();
    await writes.once(write({ key: 'payout', resend: 'never' }));
    await writes.once(write({ key: 'pin' }));
    await advance(86_400_000 + 1);
    await writes.once(write({ key: 'pin' }));
    expect(upstream.sendings).toHaveLength(3);
    await advance(29 * 86_400_000 - 10);
    await writes.once(write({ key: 'payout', resend: 'never' }));
    expect(upstream.sendings).toHaveLength(3);
  });

  it('holding something that is not a record sends nothing', async () => {
    const { writes, write, upstream, records } = harness();
    await writes.once(write());
    const names = vi.spyOn(records, 'read');
    await writes.once(write());
    const key = names.mock.calls[0]?.[0] ?? '';
    for (const damage of [
      '',
      'null',
      '{}',
      '{"state":"RESULT","payload":"x","startedAt":1}',
      '{"state":"DONE","payload":"x","startedAt":1}',
    ]) {
      await records.replace(key, (await records.read(key))?.version ?? 0, damage, 1_000_000);
      expect(await endOf(writes.once(write()))).toEqual(code('IDEMPOTENCY_STORE_UNAVAILABLE'));
    }
    expect(upstream.sendings).toHaveLength(1);
  });
});

describe('a result that comes after others gave the write up', () => {
  it('is written over their doubt', async () => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    const other = harness(store.healthy);
    upstream.behaviour = 'hang';
    const first = writes.once(write());
    await advance(0);
    store.cutOff(CLAIM + 15_000);
    await advance(CLAIM + 1);
    expect(await play(other.writes.once(write()))).toEqual(unknownWith('k'));
    await advance(15_000);
    upstream.release();
    expect(await first).toEqual({ receipt: 1 });
    expect(await other.writes.once(write())).toEqual({ receipt: 1 });
    expect(upstream.looks).toHaveLength(2);
  });
});

describe('a doubt that comes after others sent again', () => {
  it('is not written over their sending', async () => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    const other = harness(store.healthy);
    let fail: (error: Error) => void = () => {};
    const first = endOf(
      writes.once({
        ...write(),
        send: async (attempt) => {
          await attempt.sent();
          return new Promise((_, reject) => {
            fail = reject;
          });
        },
      }),
    );
    await advance(0);
    store.cutOff(QUARANTINE + CLAIM + 5_000);
    await advance(QUARANTINE + CLAIM);
    upstream.behaviour = 'hang';
    const second = other.writes.once(write());
    await advance(10_000);
    fail(upstreamError('outcome_unknown', 'unclear'));
    expect(await first).toEqual(unknownWith('k'));
    expect(await play(other.open().once(write()))).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    upstream.release();
    expect(await second).toEqual({ receipt: 1 });
    expect(upstream.sendings).toHaveLength(1);
  });
});

describe('draining', () => {
  it('is idle at once when nothing runs, else when the last write has ended', async () => {
    const { writes, write, upstream } = harness();
    await writes.idle();
    upstream.behaviour = 'hang';
    const first = writes.once(write());
    const second = writes.serially('payment', () => first);
    let idle = false;
    const drained = writes.idle().then(() => {
      idle = true;
    });
    await advance(60_000);
    expect(idle).toBe(false);
    upstream.release();
    await Promise.all([first, second, drained]);
    expect(idle).toBe(true);
  });

  it('is not held up by writes that failed', async () => {
    const { writes } = harness();
    await endOf(
      writes.serially('payment', async () => {
        throw new Error('x');
      }),
    );
    await writes.idle();
  });

  it('answers what was sent as unclear, with its key, and leaves it to be found by others', async () => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'hang with effect';
    const keyed = endOf(writes.once(write()));
    await advance(0);
    const madeUp = endOf(writes.once(write({ key: undefined })));
    await advance(0);
    await writes.abandon();
    expect(await keyed).toEqual(unknownWith('k'));
    const end = await madeUp;
    expect(end).toEqual(unknownWith(expect.any(String)));
    const key = 'error' in end && end.error instanceof UpstreamError ? end.error.idempotencyKey : undefined;
    await writes.idle();
    expect(await open().once(write())).toEqual({ receipt: 1 });
    expect(await open().once(write({ key }))).toEqual({ receipt: 2 });
    expect(upstream.sendings).toHaveLength(2);
  });

  it('answers what was not sent so, and does not send it any more', async () => {
    const { writes, open, write, upstream } = harness();
    let proceed = (): void => {};
    const preparing = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const first = endOf(
      writes.once({
        ...write(),
        send: async (attempt) => {
          await preparing;
          return upstream.send(attempt);
        },
      }),
    );
    await advance(0);
    await writes.abandon();
    expect(await first).toEqual(code('OVERLOADED'));
    proceed();
    await advance(0);
    expect(upstream.sendings).toHaveLength(0);
    expect(await endOf(writes.once(write({ key: 'new' })))).toEqual(code('OVERLOADED'));
    expect(await open().once(write())).toEqual({ receipt: 1 });
  });

  it('does not send what was just about to be sent', async () => {
    const { records, writes, open, write, upstream } = harness();
    const replace = records.replace.bind(records);
    vi.spyOn(records, 'replace').mockImplementationOnce(async (...change) => {
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
      return replace(...change);
    });
    const first = endOf(writes.once(write()));
    await advance(10);
    const abandoned = writes.abandon();
    await advance(100);
    await abandoned;
    expect(await first).toEqual(code('OVERLOADED'));
    expect(upstream.sendings).toHaveLength(0);
    expect(await open().once(write())).toEqual({ receipt: 1 });
  });

  it('still records an end that comes before the process has gone', async () => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'hang';
    const first = endOf(writes.once(write()));
    await advance(0);
    await writes.abandon();
    expect(await first).toEqual(unknownWith('k'));
    upstream.release();
    await advance(0);
    expect(await open().once(write())).toEqual({ receipt: 1 });
    expect(upstream.looks).toHaveLength(0);
  });

  it('leaves an older doubt a doubt', async () => {
    const { writes, open, write, upstream } = harness();
    upstream.behaviour = 'unclear without effect';
    await endOf(writes.once(write()));
    await advance(QUARANTINE);
    const looking = endOf(writes.once(write()));
    await advance(10);
    await writes.abandon();
    expect(await looking).toEqual(unknownWith('k'));
    await advance(10_000);
    expect(upstream.sendings).toHaveLength(1);
    upstream.behaviour = 'ok';
    expect(await play(open().once(write()))).toEqual({ value: { receipt: 1 } });
  });
});
