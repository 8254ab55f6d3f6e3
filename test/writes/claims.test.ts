import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryState } from '../../src/state/memory.js';
import type { Records } from '../../src/state/state.js';
import type { Attempt } from '../../src/writes/writes.js';
import {
  CLAIM,
  QUARANTINE,
  READBACK_DELAY,
  type Receipt,
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

/** A gate that a sending stands at until it is let through. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

describe('a claim', () => {
  it("is taken over within seconds of its holder's death, and not before", async () => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    upstream.behaviour = 'hang with effect';
    void endOf(writes.once(write()));
    await advance(30_000);
    store.cutOff();
    const survivor = harness(store.healthy);
    const retry = () =>
      play(survivor.writes.once({ ...write(), send: (attempt) => survivor.upstream.send(attempt) }), READBACK_DELAY);
    // The last sign of life is up to a quarter of the time old; a call waits two seconds of what is left.
    await advance(CLAIM * 0.75 - 2_100);
    expect(await retry()).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    await advance(CLAIM * 0.25);
    expect(await retry()).toEqual({ value: { receipt: 1 } });
    expect(survivor.upstream.sendings).toHaveLength(0);
  });

  it('that was taken over stays in the list of what is open, though its holder learns that nothing came of it', async () => {
    const store = brittleRecords();
    const { writes, write } = harness(store.records);
    const answered = gate();
    const send = async (attempt: Attempt): Promise<Receipt> => {
      await attempt.sent();
      await answered.passed;
      throw upstreamError('rate_limited', 'answered');
    };
    const first = endOf(writes.once({ ...write(), resend: 'never', send }));
    await advance(0);
    store.cutOff(CLAIM + READBACK_DELAY + 500);
    await advance(CLAIM + 1);
    const other = harness(store.healthy);
    const told = await play(other.writes.once({ ...write(), resend: 'never' }), READBACK_DELAY);
    expect(told).toEqual(unknownWith(expect.any(String)));
    await advance(1_000);
    answered.open();
    await play(first.then(() => undefined));
    expect(await other.writes.openWrites()).toMatchObject([{ state: 'UNKNOWN' }]);
  });

  it.each([1, 2])('keeps what an answer named though the store misses the next %i changes', async (missed) => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    const send = async (attempt: Attempt): Promise<Receipt> => {
      await attempt.sent();
      // Of these changes one is this note; another may be a sign of life.
      store.cutOff(missed === 1 ? 1 : CLAIM / 3);
      await attempt.shows?.('the payment');
      await new Promise((resolve) => {
        setTimeout(resolve, CLAIM / 2);
      });
      throw upstreamError('outcome_unknown', 'unclear');
    };
    await play(writes.once({ ...write(), resend: 'never', send }), CLAIM + READBACK_DELAY);
    await play(writes.once({ ...write(), resend: 'never', send }));
    expect(upstream.looks.at(-1)).toMatchObject({ objectId: 'the payment' });
    expect(await writes.openWrites()).toMatchObject([{ objectId: 'the payment' }]);
  });

  it('does not depend on the clocks of instances', async () => {
    const { records, write, writes, upstream } = harness();
    upstream.behaviour = 'hang with effect';
    const first = writes.once(write());
    await advance(0);
    const ahead = harness(records, () => Date.now() + 3_600_000);
    expect(await play(ahead.writes.once({ ...write(), send: (attempt) => ahead.upstream.send(attempt) }))).toEqual(
      code('IDEMPOTENCY_IN_PROGRESS'),
    );
    expect(upstream.looks).toHaveLength(0);
    upstream.release();
    expect(await first).toEqual({ receipt: 1 });
  });

  it('that was taken over sends nothing more, not even in the middle', async () => {
    const store = brittleRecords();
    const { writes, write, upstream } = harness(store.records);
    const halfway = gate();
    const requests: number[] = [];
    const first = endOf(
      writes.once({
        ...write(),
        send: async (attempt) => {
          for (const part of [1, 2]) {
            await attempt.sent();
            requests.push(part);
            if (part === 1) await halfway.passed;
          }
          return { receipt: 7 };
        },
      }),
    );
    await advance(0);
    store.cutOff(CLAIM + 5_000);
    await advance(CLAIM + 1);
    const survivor = harness(store.healthy);
    expect(await play(survivor.writes.once(survivor.write()), 3_000)).toEqual(unknownWith('k'));
    await advance(3_000);
    halfway.open();
    expect(await first).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    expect(requests).toEqual([1]);
    expect(upstream.sendings).toHaveLength(0);
  });

  it('that may have been taken over sends nothing more while nobody can tell', async () => {
    const store = brittleRecords();
    const { writes, write } = harness(store.records);
    const halfway = gate();
    const requests: number[] = [];
    const first = endOf(
      writes.once({
        ...write(),
        send: async (attempt) => {
          for (const part of [1, 2]) {
            await attempt.sent();
            requests.push(part);
            if (part === 1) await halfway.passed;
          }
          return { receipt: 7 };
        },
      }),
    );
    await advance(0);
    store.cutOff();
    await advance(CLAIM);
    halfway.open();
    expect(await first).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    expect(requests).toEqual([1]);
  });

  it('is kept when an answer of the store got lost but not what it answered', async () => {
    const { records, deafen } = halfDeaf();
    const { writes, write, upstream } = harness(records);
    upstream.behaviour = 'hang with effect';
    const first = writes.once(write());
    await advance(0);
    deafen(CLAIM / 2);
    await advance(3 * CLAIM);
    const second = harness(records);
    expect(await play(second.writes.once(write()))).toEqual(code('IDEMPOTENCY_IN_PROGRESS'));
    expect(upstream.looks).toHaveLength(0);
    upstream.release();
    expect(await first).toEqual({ receipt: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** Records whose answers can get lost after the deed. */
function halfDeaf() {
  const { records: healthy } = harness();
  let deafUntil = 0;
  const heard = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    if (Date.now() < deafUntil) throw new Error('the answer got lost');
    return value;
  };
  const records: Records = {
    read: (key) => heard(healthy.read(key)),
    create: (key, value, ttlMs) => heard(healthy.create(key, value, ttlMs)),
    replace: (key, version, value, ttlMs) => heard(healthy.replace(key, version, value, ttlMs)),
    remove: (key, version) => heard(healthy.remove(key, version)),
  };
  return {
    records,
    deafen: (ms: number) => {
      deafUntil = Date.now() + ms;
    },
  };
}

describe('instances that are cut off and come back, with one key among them', () => {
  it('never send where another one sent, but after the quarantine and two looks', async () => {
    let resent = 0;
    const who = fc.integer({ min: 0, max: 2 });
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('call' as const),
          who,
          parts: fc.integer({ min: 1, max: 3 }),
          gapMs: fc.constantFrom(0, 500, 4_000, 9_000, 70_000),
          ends: fc.constantFrom('done' as const, 'lost' as const, 'lost' as const),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('cut' as const), who, ms: fc.constantFrom(700, 5_000, 8_000, 80_000) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('wait' as const),
          ms: fc.constantFrom(100, 1_500, 5_000, 9_000, QUARANTINE, QUARANTINE, QUARANTINE, QUARANTINE),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 16 }), async (steps) => {
        const { records } = harness(createMemoryState().records);
        const journal: { readonly at: number; readonly did: 'sent' | 'looked'; readonly run: number }[] = [];
        const stores = [0, 1, 2].map(() => brittleRecords(records));
        const instances = stores.map((store) => harness(store.records));
        let runs = 0;
        const ended: Promise<unknown>[] = [];
        for (const one of steps) {
          if (one.do === 'wait') await advance(one.ms);
          if (one.do === 'cut') stores[one.who]!.cutOff(one.ms);
          if (one.do !== 'call') continue;
          const run = (runs += 1);
          const { parts, gapMs, ends } = one;
          const send = async (attempt: Attempt): Promise<Receipt> => {
            for (let part = 0; part < parts; part += 1) {
              await attempt.sent();
              journal.push({ at: Date.now(), did: 'sent', run });
              await new Promise((resolve) => {
                setTimeout(resolve, gapMs);
              });
            }
            if (ends === 'lost') throw upstreamError('outcome_unknown', 'unclear');
            return { receipt: run };
          };
          const find = async (): Promise<undefined> => void journal.push({ at: Date.now(), did: 'looked', run });
          const instance = instances[one.who]!;
          ended.push(endOf(instance.writes.once({ ...instance.write(), send, find })));
        }
        await advance(300_000);
        await Promise.all(ended);
        for (const [index, entry] of journal.entries()) {
          const before = journal.slice(0, index);
          const last = before.findLast(({ did }) => did === 'sent');
          if (entry.did === 'looked' || last === undefined || last.run === entry.run) continue;
          // Who was overtaken never sends again.
          expect(before.some(({ did, run }) => did === 'sent' && run === entry.run)).toBe(false);
          // What could not be recorded while the store was away for a moment counts from the record before.
          expect(entry.at - last.at).toBeGreaterThanOrEqual(QUARANTINE - CLAIM);
          expect(
            before.filter(({ did, run, at }) => did === 'looked' && run === entry.run && at >= last.at).length,
          ).toBeGreaterThanOrEqual(2);
          resent += 1;
        }
      }),
      { numRuns: 300 },
    );
    expect(resent).toBeGreaterThan(20);
  });
});
