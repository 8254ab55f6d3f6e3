import { PaymentConflict, type Payment } from '../../providers/pi/model.js';
import type { Decimal } from '../../values/decimal.js';
import { isJsonObject, sameJson, type Json } from '../../values/json.js';
import { builder } from '../builder.js';

/** What the caller knows of the order that a payment is for; what is left out is not compared. */
export interface Expected {
  readonly amount?: Decimal | null | undefined;
  readonly memo?: string | null | undefined;
  readonly metadata?: Json | undefined;
  readonly userUid?: string | null | undefined;
}

export const ExpectedPaymentInput = builder.inputType('ExpectedPayment', {
  description:
    'What your order says of the payment. Each field that is given is compared before anything is sent; ' +
    'a difference is a ConflictError with the reason NOT_AS_EXPECTED. What Pi answers is compared as well: a ' +
    'difference there is the same error with `applied: true`, since the payment was approved or completed; ' +
    'deliver nothing for it, and read the payment.',
  fields: (t) => ({
    amount: t.field({ type: 'Decimal', description: 'The exact amount in Pi.' }),
    memo: t.string({ description: 'The exact memo.' }),
    metadata: t.field({
      type: 'JSON',
      description:
        'Each top-level key that is given must be there and be deeply equal; others may be there too. What ' +
        'is no object must be equal as a whole.',
    }),
    userUid: t.id({ description: 'The uid of the user who pays or is paid.' }),
  }),
});

/** Throws PaymentConflict when the payment is not the one that is expected. `applied`: it is what a change came to. */
export function checkExpected(
  payment: Payment,
  expected: Expected | null | undefined,
  operation: string,
  applied = false,
): void {
  if (expected === null || expected === undefined || isAsExpected(payment, expected)) return;
  const facts = { provider: 'pi', operation, delivery: 'answered', credential: 'server' } as const;
  const made = applied ? { applied, objectId: payment.paymentId } : {};
  throw new PaymentConflict({ ...facts, ...made, conflict: 'NOT_AS_EXPECTED' }, payment);
}

function isAsExpected(payment: Payment, { amount, memo, metadata, userUid }: Expected): boolean {
  const same = <T>(wanted: T | null | undefined, is: T) => wanted === null || wanted === undefined || wanted === is;
  return (
    same(amount, payment.amount) &&
    same(memo, payment.memo) &&
    same(userUid, payment.userUid) &&
    (metadata === undefined || metadata === null || holds(payment.metadata, metadata))
  );
}

function holds(actual: Json, wanted: Json): boolean {
  if (!isJsonObject(wanted) || !isJsonObject(actual)) return sameJson(actual, wanted);
  for (const key in wanted) {
    if (!Object.hasOwn(actual, key) || !sameJson(actual[key] ?? null, wanted[key] ?? null)) return false;
  }
  return true;
}
