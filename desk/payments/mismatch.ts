import { amountOf, shortOf } from '../format.js';
import type { LedgerTransaction, OnLedger, Payment } from './model.js';

/** Which transaction the ledger has for the payment, and in what it is another than the payment asked for. */
export function mismatchOf(payment: Payment, { txid, amount, from, to }: LedgerTransaction): string {
  const { network, fromAddress, toAddress } = payment;
  const wrong = [
    amount !== payment.amount && `moved ${amountOf(amount, network)} instead of ${amountOf(payment.amount, network)}`,
    fromAddress !== null && fromAddress !== from && 'came from another wallet',
    toAddress !== null && toAddress !== to && 'went to another wallet',
  ].filter((one) => one !== false);
  const how = wrong.length === 0 ? 'does not match it' : wrong.join(' and ');
  return `The ledger has transaction ${shortOf(txid)} with this payment’s id, but it ${how}.`;
}

/** What can be done about it: nothing of it is up to the desk. */
export function wayOutOf(payment: Payment): string {
  const agree = isPayout(payment)
    ? 'Find out which program sent it, and agree with the user.'
    : 'Agree with the user: pay back what came, or have the rest paid as a payment of its own.';
  return `Trying again later does not help: what is on the ledger stays as it is. ${agree}`;
}

/** Nothing is cancelled that Pi shows a transaction for, nor what was approved and has one on the ledger, matching or not. */
export function cancelIsBarred({ status, transaction }: Payment, ledger: OnLedger): boolean {
  return transaction !== null || (status.developerApproved && typeof ledger === 'object');
}

/** Whether the app pays. Where Pi does not say who does, the gateway is as careful as with a payout. */
export const isPayout = ({ direction }: Payment): boolean => direction !== 'USER_TO_APP';

/** What ends a payout that nothing was sent for. */
export const payoutWayOut =
  'Send it with the program that opened it (as examples/pay-out does, under the same idempotency key). Cancel it only ' +
  'when no program will send it any more.';
