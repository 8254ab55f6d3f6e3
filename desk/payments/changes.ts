import type { Client } from '@urql/core';
import type { RefusalFragment } from '../generated/graphql.js';
import { faultOf } from '../graph.js';
import { operations } from '../operations.js';
import type { ShownRefusal } from '../parts/refusal.js';
import type { Payment } from './model.js';

/** What came of a change, in words. */
export interface Done {
  readonly tone: 'good' | 'wait';
  readonly said: string;
  readonly next: string;
}

export type Changed = Done | ShownRefusal;

/** What was confirmed is what may be changed: with another amount or person nothing is sent. */
const expectedOf = ({ amount, userUid }: Payment) => ({ amount, userUid });

const nothing: ShownRefusal = { code: 'NO_ANSWER' };

/** Brings the payment to its right end; of what it leaves alone the page says what to do. Pressed by two at once it happens once, and both are told the truth. */
export async function settle(graph: Client, payment: Payment): Promise<Changed> {
  const input = { paymentId: payment.paymentId, expected: expectedOf(payment) };
  const { data, error } = await graph.mutation(operations.settle, { input }).toPromise();
  const result = data?.settlePayment;
  if (!result) return faultOf(error) ?? nothing;
  if (result.__typename !== 'SettlePaymentPayload') return refusalOf(result);
  const { action, why } = result;
  if (action === 'COMPLETED') return { tone: 'good', said: 'Completed.', next: `${why} Deliver.` };
  if (action === 'CANCELLED') return { tone: 'good', said: 'Cancelled.', next: `${why} Do not deliver.` };
  const over = result.payment?.state === 'COMPLETED' || result.payment?.state === 'CANCELLED';
  return over
    ? { tone: 'good', said: 'Nothing was left to do.', next: why }
    : { tone: 'wait', said: 'Left as it is.', next: why };
}

export async function complete(graph: Client, payment: Payment, txid: string): Promise<Changed> {
  const input = { paymentId: payment.paymentId, txid, expected: expectedOf(payment) };
  const { data, error } = await graph.mutation(operations.complete, { input }).toPromise();
  const result = data?.completePayment;
  if (!result) return faultOf(error) ?? nothing;
  if (result.__typename !== 'CompletePaymentPayload') return refusalOf(result);
  return result.alreadyCompleted
    ? { tone: 'good', said: 'It was completed before.', next: 'Deliver only if nobody has.' }
    : { tone: 'good', said: 'Completed, by you.', next: 'Deliver.' };
}

export async function cancel(graph: Client, payment: Payment): Promise<Changed> {
  const input = { paymentId: payment.paymentId };
  const { data, error } = await graph.mutation(operations.cancel, { input }).toPromise();
  const result = data?.cancelPayment;
  if (!result) return faultOf(error) ?? nothing;
  if (result.__typename !== 'CancelPaymentPayload') return refusalOf(result);
  return { tone: 'good', said: 'Cancelled.', next: 'Nobody can pay it any more: do not deliver.' };
}

/** A member of a result union that is no payload. */
export function refusalOf(refusal: RefusalFragment): ShownRefusal {
  const { code, message, upstreamCode, upstreamDetails } = refusal;
  const reason = refusal.__typename === 'ConflictError' ? { reason: refusal.reason } : {};
  return { code, message, upstreamCode, upstreamDetails, ...reason };
}
