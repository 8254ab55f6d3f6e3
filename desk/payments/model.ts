import type { PaymentCardFragment, PaymentOnLedgerQuery } from '../generated/graphql.js';
import type { Asked } from '../hooks.js';

export type Payment = PaymentCardFragment;
export type LedgerTransaction = NonNullable<PaymentOnLedgerQuery['ledgerTransaction']>;

export const isOver = ({ state }: Payment): boolean => state === 'COMPLETED' || state === 'CANCELLED';

/** What the ledger says of a payment: a transaction with its id; none; or nothing, as it is off, away, or not asked yet. */
export type OnLedger = LedgerTransaction | 'none' | 'off' | 'away' | 'looking';

export function onLedgerOf({ toAddress }: Payment, { data, fault }: Asked<PaymentOnLedgerQuery>): OnLedger {
  if (fault !== undefined) return fault.code === 'PROVIDER_DISABLED' ? 'off' : 'away';
  if (data === undefined) return 'looking';
  // Where Pi does not say whom it pays, nobody can look for it.
  return data.ledgerTransaction ?? (toAddress === null ? 'away' : 'none');
}

/** The steps of a payment's way. */
export interface Step {
  readonly label: string;
  readonly state: 'done' | 'ledger-only' | 'doubted' | 'mismatched' | 'open' | 'stopped';
}

/** Its way as steps: how far it came, and where it ended. */
export function stepsOf(payment: Payment, ledger: OnLedger): readonly Step[] {
  const { state, status } = payment;
  const done = (label: string, reached: boolean): Step => ({ label, state: reached ? 'done' : 'open' });
  const onLedger: Step = { label: 'On the ledger', state: ledgerStep(payment, ledger) };
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

/** Pi and the ledger need not agree on it. */
function ledgerStep({ transaction, status }: Payment, ledger: OnLedger): Step['state'] {
  const matches = typeof ledger === 'object' && ledger.matches;
  if (transaction === null) {
    if (status.transactionVerified || typeof ledger !== 'object') return 'open';
    return matches ? 'ledger-only' : 'mismatched';
  }
  if (status.transactionVerified || transaction.verified || matches) return 'done';
  return ledger === 'none' || typeof ledger === 'object' ? 'doubted' : 'done';
}
