import type { PaymentCardFragment, PaymentOnLedgerQuery } from '../generated/graphql.js';
import { isPayout, mismatchOf, payoutWayOut, wayOutOf } from './mismatch.js';

export type Payment = PaymentCardFragment;
export type LedgerTransaction = NonNullable<PaymentOnLedgerQuery['ledgerTransaction']>;

export const isOver = ({ state }: Payment): boolean => state === 'COMPLETED' || state === 'CANCELLED';

/** The transaction that a payment can be completed by: what Pi links, else the one on the ledger that matches. */
export function txidOf({ transaction }: Payment, ledger: LedgerTransaction | null | undefined): string | undefined {
  if (transaction) return transaction.txid;
  return ledger?.matches ? ledger.txid : undefined;
}

/** Where a payment stands and what that means, in one sentence or two. */
export function meaningOf(payment: Payment, ledger: LedgerTransaction | null | undefined): string {
  const { state, status, direction, transaction } = payment;
  const onLedger = ledger?.matches === true;
  const differing =
    ledger && !ledger.matches ? `${mismatchOf(payment, ledger)} ${wayOutOf(payment, ledger)}` : undefined;
  switch (state) {
    case 'COMPLETED':
      return direction === 'APP_TO_USER' ? 'Paid out and closed.' : 'Paid and closed: deliver.';
    case 'CANCELLED':
      return `Cancelled by ${status.userCancelled ? 'the user' : 'the app'}: never deliver.`;
    case 'VERIFIED':
      return 'The transaction is verified; the app has not completed the payment. Settling completes it.';
    case 'SUBMITTED':
      if (differing !== undefined) return differing;
      return onLedger && ledger.txid === transaction?.txid
        ? 'Pi has not verified the transaction, but the ledger has it and it matches. Settling completes the payment.'
        : 'Pi links a transaction and has not verified it. Settling looks at the ledger and leaves alone what is unclear.';
    case 'APPROVED':
    case 'CREATED':
      if (onLedger) return 'Pi shows no transaction, but the ledger has one that matches: it was paid. Settle it.';
      if (differing !== undefined) return differing;
      if (isPayout(payment))
        return `A payout, and no transaction of it is known. Settling does not cancel it: the app’s wallet may still send one. ${payoutWayOut}`;
      return state === 'CREATED'
        ? 'Made, and never approved by the app. Settling cancels it.'
        : 'Approved; no transaction is known. Settling cancels it once it is older than ten minutes.';
  }
}

/** The steps of a payment's way. */
export interface Step {
  readonly label: string;
  readonly state: 'done' | 'ledger-only' | 'open' | 'stopped';
}

/** Its way as steps: how far it came, and where it ended. */
export function stepsOf(payment: Payment, ledger: LedgerTransaction | null | undefined): readonly Step[] {
  const { state, status, transaction } = payment;
  const done = (label: string, reached: boolean): Step => ({ label, state: reached ? 'done' : 'open' });
  const onLedger: Step =
    transaction === null && ledger?.matches === true
      ? { label: 'On the ledger', state: 'ledger-only' }
      : done('On the ledger', transaction !== null);
  const way = [
    done('Created', true),
    done('Approved', status.developerApproved),
    onLedger,
    done('Verified', status.transactionVerified),
  ];
  if (state !== 'CANCELLED') return [...way, done('Completed', status.developerCompleted)];
  const stopped: Step = { label: status.userCancelled ? 'Cancelled by the user' : 'Cancelled', state: 'stopped' };
  return [...way.filter((step) => step.state !== 'open'), stopped];
}
