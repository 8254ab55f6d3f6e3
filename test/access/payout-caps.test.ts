import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createPayoutCharges } from '../../src/access/payout-caps.js';
import { dayOf, sumsOfDays } from '../../src/state/days.js';
import type { Counters } from '../../src/state/state.js';
import { scaleDecimal } from '../../src/values/decimal.js';

const DAY_MS = 86_400_000;

/** Sums in this process, whose day is the one that `Date` is held at; fails while `broken` says so. */
function counters(broken: () => boolean = () => false): Counters {
  const sums = new Map<string, number>();
  const add: Counters['add'] = async (key, amount) => {
    if (broken()) throw new Error('gone');
    sums.set(key, (sums.get(key) ?? 0) + amount);
    return sums.get(key) ?? 0;
  };
  return { add, addToDay: sumsOfDays(add, () => dayOf(Date.now())) };
}
const forbidden = { code: 'FORBIDDEN' };

afterEach(() => void vi.useRealTimers());

describe('caps on payouts', () => {
  it('never let more through in a UTC day than the cap, whatever is given back, and charge every request', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 30, 23) });
    const step = fc.record({
      units: fc.integer({ min: 1, max: 400 }),
      back: fc.boolean(),
      passMs: fc.constantFrom(0, 0, 0, DAY_MS / 24, DAY_MS, -DAY_MS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const payouts = createPayoutCharges({ perCall: '0.00003', perDay: '0.0001' }, counters());
        const sent = new Map<string, number>();
        for (const { units, back, passMs } of steps) {
          vi.setSystemTime(Date.now() + passMs);
          const day = new Date().toISOString().slice(0, 10);
          const total = sent.get(day) ?? 0;
          const charging = payouts.charge(scaleDecimal(String(units), -7));
          if (units > 300 || total + units > 1_000) {
            await expect(charging).rejects.toMatchObject(forbidden);
            continue;
          }
          const giveBack = await charging;
          if (back) await giveBack();
          else sent.set(day, total + units);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('give back once, and to the day that was charged', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 30, 23, 59, 59) });
    const payouts = createPayoutCharges({ perCall: '1', perDay: '1' }, counters());
    const giveBack = await payouts.charge('1');
    vi.setSystemTime(Date.UTC(2026, 11, 1));
    await payouts.charge('1');
    await giveBack();
    await giveBack();
    await expect(payouts.charge('0.0000001'), 'of today').rejects.toMatchObject(forbidden);
    vi.setSystemTime(Date.UTC(2026, 10, 30, 23, 59, 59));
    await payouts.charge('1');
    await expect(payouts.charge('0.0000001'), 'of yesterday').rejects.toMatchObject(forbidden);
  });

  it('let nothing through while nobody can count, and never fail to give back', async () => {
    let broken = true;
    const payouts = createPayoutCharges(
      { perCall: '1', perDay: '1' },
      counters(() => broken),
    );
    await expect(payouts.charge('1')).rejects.toMatchObject({ code: 'IDEMPOTENCY_STORE_UNAVAILABLE' });
    broken = false;
    const giveBack = await payouts.charge('1');
    broken = true;
    await giveBack();
    broken = false;
    await expect(payouts.charge('1'), 'in doubt it counts').rejects.toMatchObject(forbidden);
  });

  it('lose no amount when counting fails at any step, counted or not', async () => {
    for (const counted of [true, false]) {
      for (let failAt = 1; failAt <= 3; failAt += 1) {
        const sound = counters();
        let calls = 0;
        const payouts = createPayoutCharges(
          { perCall: '1', perDay: '1' },
          {
            add: (...args) => sound.add(...args),
            async addToDay(...args) {
              calls += 1;
              const fails = calls === failAt;
              const sum = fails && !counted ? { day: 0, sum: 0 } : await sound.addToDay(...args);
              if (fails) throw new Error('gone');
              return sum;
            },
          },
        );
        // A payout that was given back, one that stays: some of these calls meet the failure.
        await payouts
          .charge('1')
          .then((giveBack) => giveBack())
          .catch(() => undefined);
        const stays = await payouts.charge('1').then(
          () => true,
          () => false,
        );
        if (stays) await expect(payouts.charge('0.0000001'), `failed at ${failAt}`).rejects.toMatchObject(forbidden);
      }
    }
  });

  it.each([
    ['0', '5'],
    ['5', '0'],
    ['0', '0'],
  ])('of %s and %s are off', async (perCall, perDay) => {
    const payouts = createPayoutCharges({ perCall, perDay }, counters());
    expect(() => payouts.check('0.0000001')).toThrow(expect.objectContaining(forbidden));
    await expect(payouts.charge('0.0000001')).rejects.toMatchObject(forbidden);
  });
});
