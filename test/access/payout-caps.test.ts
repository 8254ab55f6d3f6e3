import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPayouts } from '../../src/access/payout-caps.js';
import type { Counters } from '../../src/state/state.js';
import { scaleDecimal } from '../../src/values/decimal.js';

/** Sums in this process; fails while `broken` says so. */
function counters(broken: () => boolean = () => false): Counters {
  const sums = new Map<string, number>();
  return {
    async add(key, amount) {
      if (broken()) throw new Error('gone');
      sums.set(key, (sums.get(key) ?? 0) + amount);
      return sums.get(key) ?? 0;
    },
  };
}
const forbidden = { code: 'FORBIDDEN' };

describe('caps on payouts', () => {
  it('never let more through in a day than the cap, whatever is given back', async () => {
    const step = fc.record({
      units: fc.integer({ min: 1, max: 400 }),
      name: fc.integer({ min: 0, max: 9 }),
      back: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const payouts = createPayouts({ perCall: '0.00003', perDay: '0.0001' }, counters());
        const held = new Map<number, number>();
        const total = () => [...held.values()].reduce((sum, units) => sum + units, 0);
        for (const { units, name, back } of steps) {
          const fits = units <= 300 && (held.has(name) || total() + units <= 1_000);
          const booking = payouts.book(scaleDecimal(String(units), -7), `p${name}`);
          if (!fits) {
            await expect(booking).rejects.toMatchObject(forbidden);
            continue;
          }
          const giveBack = await booking;
          const again = held.has(name);
          if (!again) held.set(name, units);
          if (!back) continue;
          await giveBack();
          if (!again) held.delete(name);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('book a payout once, and give back only what the call booked', async () => {
    const payouts = createPayouts({ perCall: '1', perDay: '1' }, counters());
    const giveBack = await payouts.book('1', 'one');
    const giveBackAgain = await payouts.book('1', 'one');
    await giveBackAgain();
    await expect(payouts.book('0.0000001', 'two')).rejects.toMatchObject(forbidden);
    await giveBack();
    await payouts.book('1', 'two');
  });

  it('let nothing through while nobody can count, and never fail to give back', async () => {
    let broken = true;
    const payouts = createPayouts(
      { perCall: '1', perDay: '1' },
      counters(() => broken),
    );
    await expect(payouts.book('1', 'one')).rejects.toMatchObject({ code: 'IDEMPOTENCY_STORE_UNAVAILABLE' });
    broken = false;
    const giveBack = await payouts.book('1', 'one');
    broken = true;
    await giveBack();
    broken = false;
    await expect(payouts.book('1', 'two'), 'in doubt it counts').rejects.toMatchObject(forbidden);
  });

  it('lose no amount when counting fails at any step, counted or not', async () => {
    for (const counted of [true, false]) {
      for (let failAt = 1; failAt <= 8; failAt += 1) {
        const sound = counters();
        let calls = 0;
        const payouts = createPayouts(
          { perCall: '1', perDay: '1' },
          {
            async add(key, amount, ttlMs) {
              calls += 1;
              const fails = calls === failAt;
              const sum = fails && !counted ? 0 : await sound.add(key, amount, ttlMs);
              if (fails) throw new Error('gone');
              return sum;
            },
          },
        );
        // A payout that was given back, one that stays, sent again: some of these calls meet the failure.
        await payouts
          .book('1', 'one')
          .then((giveBack) => giveBack())
          .catch(() => undefined);
        const stays = await payouts.book('1', 'one').then(
          () => true,
          () => false,
        );
        await payouts.book('1', 'one').catch(() => undefined);
        if (stays)
          await expect(payouts.book('0.0000001', 'two'), `failed at ${failAt}`).rejects.toMatchObject(forbidden);
      }
    }
  });

  it.each([
    ['0', '5'],
    ['5', '0'],
    ['0', '0'],
  ])('of %s and %s are off', async (perCall, perDay) => {
    const payouts = createPayouts({ perCall, perDay }, counters());
    expect(() => payouts.check('0.0000001')).toThrow(expect.objectContaining(forbidden));
    await expect(payouts.book('0.0000001', 'one')).rejects.toMatchObject(forbidden);
  });
});
