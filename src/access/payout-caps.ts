import { GatewayError, invalidInput } from '../errors.js';
import type { Counters, DaySum } from '../state/state.js';
import { compareDecimals, isPositive, scaleDecimal, type Decimal } from '../values/decimal.js';

/** Caps on what an operator may pay out, in Pi; 0 for either switches payouts off. */
export interface PayoutCaps {
  readonly perCall: Decimal;
  readonly perDay: Decimal;
}

/** Charges payouts to the caps before they are sent. */
export interface PayoutCharges {
  /**
   * Charges this amount to today (UTC), by the clock of the state: once for each request that is about to go out, whatever went
   * out before it. Throws FORBIDDEN when a cap does not allow it, IDEMPOTENCY_STORE_UNAVAILABLE when nobody could count, or knows
   * what day it is. Call the answer to give the amount back when it was not sent after all, or definitely refused; it never rejects.
   */
  charge(amount: Decimal): Promise<() => Promise<void>>;
  /** Throws FORBIDDEN when payouts are off or this amount is above the cap per call; charges nothing. */
  check(amount: Decimal): void;
}

/** Pi has seven decimal places; counters are whole numbers. */
const PLACES = 7;
/** A day's sum outlives its day by far, so that a clock that goes wrong for a while does not forget it. */
const SUMS_LIVE_MS = 40 * 86_400_000;

export function createPayoutCharges(caps: PayoutCaps, counters: Counters): PayoutCharges {
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

  const add = async (amount: number, day?: number): Promise<DaySum> => {
    try {
      return await counters.addToDay('payouts', amount, SUMS_LIVE_MS, day);
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
    async charge(amount) {
      check(amount);
      const charged = units(amount);
      // What could not be counted to the end leaves a cap that is reached too early, never too late.
      const { day, sum } = await add(charged);
      let held = true;
      const giveBack = async (): Promise<void> => {
        if (!held) return;
        held = false;
        await add(-charged, day).catch(() => undefined);
      };
      if (compareDecimals(scaleDecimal(String(sum), -PLACES), caps.perDay) > 0) {
        await giveBack();
        throw new GatewayError('FORBIDDEN', `This would exceed the cap of ${caps.perDay} Pi per day (UTC).`, {
          provider: 'pi',
        });
      }
      return giveBack;
    },
  };
}
