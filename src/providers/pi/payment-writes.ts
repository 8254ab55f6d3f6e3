import type { Payment } from './model.js';
import { change, readBefore, type Change } from './payment-change.js';
import type { BeforeSending, PaymentCheck, Settled } from './session.js';
import { barToCancel, noEvidence, paidAllTheSame, settlementOf, type Evidence, type Settlement } from './settling.js';
import { otherNetwork } from './networks.js';
import { factsOf, type WriteContext } from './write-context.js';

/** Lets the user send the transaction. Payouts are born approved and cannot be approved. */
export function approvePayment(
  context: WriteContext,
  paymentId: string,
  check?: PaymentCheck,
  begin?: BeforeSending,
): Promise<Payment> {
  return change(
    context,
    paymentId,
    {
      operation: 'approvePayment',
      saidDone: 'already_approved',
      send: (scope) => context.client.approvePayment(scope, context.apiKey, paymentId),
      standing(payment) {
        if (payment.state === 'CANCELLED') return { refused: 'CANCELLED' };
        if (payment.status.developerApproved || payment.status.developerCompleted) return 'done';
        return payment.direction === 'APP_TO_USER' ? { refused: 'WRONG_DIRECTION' } : 'open';
      },
      bar: (payment) => otherNetwork(context, payment),
    },
    { check, begin },
  );
}

/**
 * Tells Pi that the app has seen the transaction (`txid` in lower case). A payment completed by another one is a conflict.
 * Where Pi calls it completed and shows no transaction there is nothing to compare and nothing left to send: it is answered
 * as it is, and whoever delivers only for a verified transaction does not deliver for it.
 */
export function completePayment(
  context: WriteContext,
  paymentId: string,
  txid: string,
  check?: PaymentCheck,
  begin?: BeforeSending,
  seen?: Payment,
): Promise<Payment> {
  return change(
    context,
    paymentId,
    {
      operation: 'completePayment',
      saidDone: 'already_completed',
      send: (scope) => context.client.completePayment(scope, context.apiKey, paymentId, txid),
      standing(payment) {
        if (payment.state === 'CANCELLED') return { refused: 'CANCELLED' };
        const completed = payment.status.developerCompleted;
        if (payment.transaction !== null && payment.transaction.txid.toLowerCase() !== txid) {
          if (completed) context.log.error('pi_completed_with_another_transaction', { paymentId });
          return { refused: completed ? 'COMPLETED_BY_ANOTHER_TRANSACTION' : 'HAS_TRANSACTION' };
        }
        // No transaction to see is no proof that there is none: as long as Pi does not call it completed, it may be.
        return completed ? 'done' : 'open';
      },
      anonymous: ({ transaction }) => transaction === null,
      bar: (payment) => otherNetwork(context, payment),
    },
    { check, begin },
    seen,
  );
}

/** Gives a payment up; not possible any more when a transaction is known, to Pi or to the ledger. */
export async function cancelPayment(
  context: WriteContext,
  paymentId: string,
  check?: PaymentCheck,
  evidence: Evidence = noEvidence,
): Promise<Payment> {
  const what = { ...cancellation(context, paymentId), ask: (payment: Payment) => barToCancel(payment, evidence) };
  return alarmed(context, await change(context, paymentId, what, { check }));
}

function cancellation(context: WriteContext, paymentId: string): Change {
  return {
    operation: 'cancelPayment',
    saidDone: 'cancelled_payment',
    send: (scope) => context.client.cancelPayment(scope, context.apiKey, paymentId),
    standing(payment) {
      if (payment.state === 'CANCELLED') return 'done';
      return payment.status.developerCompleted || payment.transaction !== null
        ? { refused: 'HAS_TRANSACTION' }
        : 'open';
    },
  };
}

function alarmed(context: WriteContext, cancelled: Payment): Payment {
  if (paidAllTheSame(cancelled) !== undefined)
    context.log.error('pi_cancelled_with_transaction', { paymentId: cancelled.paymentId });
  return cancelled;
}

/** Brings an unfinished payment to its right end, or leaves it as it is and says why. */
export async function settlePayment(
  context: WriteContext,
  paymentId: string,
  evidence: Evidence,
  check?: PaymentCheck,
  begin?: BeforeSending,
): Promise<Settled> {
  const look = async (): Promise<{ readonly payment: Payment; readonly end: Settlement }> => {
    const payment = await readBefore(context, paymentId, factsOf(context, 'settlePayment'));
    await check?.(payment);
    return { payment, end: await settlementOf(payment, evidence, Date.now()) };
  };
  const first = await look();
  // What is to be cancelled is looked at once more, at Pi and on the ledger: what was behind may have come, and decides.
  const again = first.end.action === 'CANCEL' ? await look() : undefined;
  const { payment, end } = again ?? first;
  const { why } = end;
  switch (end.action) {
    case 'NONE':
      return { payment, action: 'NONE', why };
    case 'COMPLETE': {
      const txid = end.txid.toLowerCase();
      const completed = await completePayment(context, paymentId, txid, check, begin, again?.payment);
      return { payment: completed, action: 'COMPLETED', why };
    }
    case 'CANCEL': {
      const cancelled = alarmed(
        context,
        await change(context, paymentId, cancellation(context, paymentId), {}, payment),
      );
      return { payment: cancelled, action: 'CANCELLED', why: paidAllTheSame(cancelled) ?? why };
    }
  }
}
