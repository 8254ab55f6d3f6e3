import { UpstreamError } from '../../errors.js';
import { outcomeUnknown } from '../../unclear-ends.js';
import { toMillis } from '../../values/instant.js';
import type { Attempt } from '../../writes/writes.js';
import { isPayout } from './client.js';
import type { ListedPayment, Payment, PaymentInput } from './model.js';
import { conflictWith, factsOf, type WriteContext } from './write-context.js';

/** Which of the payments that Pi shows is the one that a sending made. */

export const OPERATION = 'createPayment';
/** So much may Pi's clock and ours differ: a payment that is older than a sending by more was not made by it. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

export function listed(payment: Payment): ListedPayment {
  return { payment, paymentId: payment.paymentId, marker: payment.marker };
}

/**
 * The payment with this marker. One that pays somebody else, or something else, must not be taken for it, and of one that
 * cannot be read nobody knows what it pays. Other rows that cannot be read are none of this payout's business.
 */
export function marked(
  context: WriteContext,
  rows: readonly ListedPayment[],
  input: PaymentInput,
  marker: string,
): Payment | undefined {
  const found = rows.find(
    ({ marker: own, payment }) =>
      own === marker && (payment instanceof UpstreamError || payment.direction === 'APP_TO_USER'),
  )?.payment;
  if (found instanceof UpstreamError) throw outcomeUnknown(factsOf(context, OPERATION), found);
  if (found && !isPayout(found, input, marker))
    throw conflictWith(found, factsOf(context, OPERATION), 'NOT_AS_EXPECTED');
  return found;
}

/**
 * Whether this may be the payout of this sending although it shows no marker: some answers come without `metadata`, or with it as
 * a text. One with another marker, for another user or amount, from a user or from before the sending is certainly another.
 */
export function mayBeOurs(
  payment: Payment | UpstreamError | null,
  input: PaymentInput,
  { startedAt }: Pick<Attempt, 'startedAt'>,
): payment is Payment {
  if (payment === null || payment instanceof UpstreamError) return false;
  const { marker, direction, userUid, amount, createdAt } = payment;
  if (marker !== null || direction === 'USER_TO_APP') return false;
  return userUid === input.userUid && amount === input.amount && toMillis(createdAt) >= startedAt - CLOCKS_DIFFER_MS;
}

/**
 * Why nobody can say that none of these is the payout of this sending: one that cannot be read and shows no marker may be any
 * payment, one with our marker that does not say its direction is most likely ours, and one without a marker may be.
 */
export function doubtIn(
  context: WriteContext,
  rows: readonly ListedPayment[],
  input: PaymentInput,
  attempt: Pick<Attempt, 'marker' | 'startedAt'>,
): UpstreamError | undefined {
  for (const { payment, marker } of rows) {
    if (payment instanceof UpstreamError) {
      if (marker === null) return payment;
    } else if ((marker === attempt.marker && payment.direction === 'UNKNOWN') || mayBeOurs(payment, input, attempt))
      return outcomeUnknown(factsOf(context, OPERATION));
  }
  return undefined;
}
