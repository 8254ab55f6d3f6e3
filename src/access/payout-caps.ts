import { GatewayError, invalidInput } from '../errors.js';
import type { Counters } from '../state/state.js';
import { compareDecimals, isPositive, scaleDecimal, type Decimal } from '../values/decimal.js';

/** Caps on what an operator may pay out, in Pi; 0 for either switches payouts off. */
export interface PayoutCaps {
  readonly perCall: Decimal;
  readonly perDay: Decimal;
}

/** Books payouts against the caps before they are sent. */
export interface Payouts {
  /**
   * Books this amount under the name of its payout; one that is booked already is not booked again. Throws FORBIDDEN when a
   * cap does not allow it, IDEMPOTENCY_STORE_UNAVAILABLE when nobody could count. Call the answer to give back what this call
   * booked, when nothing was paid; it never rejects.
   */
  book(amount: Decimal, name: string): Promise<() => Promise<void>>;
  /** Throws FORBIDDEN when payouts are off or this amount is above the cap per call; books nothing. */
  check(amount: Decimal): void;
}

/** Pi has seven decimal places; counters are whole numbers. */
const PLACES = 7;
const TWO_DAYS_MS = 2 * 86_400_000;

export function createPayouts(caps: PayoutCaps, counters: Counters): Payouts {
  const off = !isPositive(caps.perCall) || !isPositive(caps.perDay);
  const units = (amount: Decimal) => {
    const whole = Number(scaleDecimal(amount, PLACES));
    if (!Number.isSafeInteger(whole))
      throw invalidInput('input.amount', 'is too large or has more than 7 decimal places');
    return whole;
  };
  const check = (amount: Decimal) => {
    if (off)
      throw new GatewayError('FORBIDDEN', 'Payouts are switched off here (PAYOUT_MAX_PER_CALL, PAYOUT_MAX_PER_DAY).', {
        provider: 'pi',
      });
    if (compareDecimals(amount, caps.perCall) > 0)
      throw new GatewayError('FORBIDDEN', `The amount is above the cap of ${caps.perCall} Pi per call.`, {
        provider: 'pi',
      });
  };

  const add = async (counter: string, amount: number): Promise<number> => {
    try {
      return await counters.add(counter, amount, TWO_DAYS_MS);
    } catch {
      throw new GatewayError(
        'IDEMPOTENCY_STORE_UNAVAILABLE',
        'Payouts cannot be counted against their caps right now; nothing was sent.',
        { provider: 'pi' },
      );
    }
  };

  return {
    check,
    async book(amount, name) {
      check(amount);
      const day = `payouts:${new Date().toISOString().slice(0, 10)}`;
      const booking = `payout:${name}`;
      const booked = units(amount);
      // In this order, so that whatever cannot be counted in the middle leaves a cap that is reached too early, never too late.
      const total = await add(day, booked);
      const again = (await add(booking, 1)) > 1;
      const uncount = async (): Promise<void> => void (await add(day, -booked).catch(() => undefined));
      if (again) {
        // Sent again after an unclear end it is the same payout, whose amount is still counted.
        await uncount();
        return async () => {};
      }
      const giveBack = async (): Promise<void> => {
        await add(booking, -1).then(uncount, () => undefined);
      };
      if (compareDecimals(scaleDecimal(String(total), -PLACES), caps.perDay) > 0) {
        await giveBack();
        throw new GatewayError('FORBIDDEN', `This would exceed the cap of ${caps.perDay} Pi per day (UTC).`, {
          provider: 'pi',
        });
      }
      return giveBack;
    },
  };
}
