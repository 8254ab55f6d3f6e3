import type { Payment } from './model.js';
import { change, readBefore } from './payment-change.js';
import type { BeforeSending, PaymentCheck, Settled } from './session.js';
import { barToCancel, noLedger, settlementOf, type LedgerLook } from './settling.js';
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
  );
}

/** Gives a payment up; not possible any more when a transaction is known, to Pi or to the ledger. */
export function cancelPayment(
  context: WriteContext,
  paymentId: string,
  check?: PaymentCheck,
  ledger: LedgerLook = noLedger,
): Promise<Payment> {
  return change(
    context,
    paymentId,
    {
      operation: 'cancelPayment',
      saidDone: 'cancelled_payment',
      send: (scope) => context.client.cancelPayment(scope, context.apiKey, paymentId),
      standing(payment) {
        if (payment.state === 'CANCELLED') return 'done';
        return payment.status.developerCompleted || payment.transaction !== null
          ? { refused: 'HAS_TRANSACTION' }
          : 'open';
      },
      ask: (payment) => barToCancel(payment, ledger),
    },
    { check },
  );
}

/** Brings an unfinished payment to its right end, or leaves it as it is and says why. */
export async function settlePayment(
  context: WriteContext,
  paymentId: string,
  ledger: LedgerLook,
  check?: PaymentCheck,
  begin?: BeforeSending,
): Promise<Settled> {
  const facts = factsOf(context, 'settlePayment');
  const before = await readBefore(context, paymentId, facts);
  await check?.(before);
  const end = await settlementOf(before, ledger, Date.now());
  const { why } = end;
  switch (end.action) {
    case 'NONE':
      return { payment: before, action: 'NONE', why };
    case 'COMPLETE': {
      const payment = await completePayment(context, paymentId, end.txid.toLowerCase(), check, begin);
      return { payment, action: 'COMPLETED', why };
    }
    case 'CANCEL': {
      // The ledger is asked again where it decides: a transaction may have arrived since.
      const payment = await cancelPayment(context, paymentId, check, ledger);
      return { payment, action: 'CANCELLED', why };
    }
  }
}
