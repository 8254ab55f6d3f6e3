import type { OperationScope, Provider } from '../provider.js';
import type { LedgerSearch, PaymentTrace } from './model.js';

/** Pi's ledger for one operation. Reads are shared within it; nothing in it outlives the operation. */
export interface LedgerSession {
  /**
   * Looks for the transaction of a payment in the app's wallet: by memo, destination and amount, back to a day before the
   * payment, in at most ten pages of 200. The caller must be one who may read the payment. Failures of the ledger are a state
   * of the answer; it rejects only with refusals of our own, such as the caller's rate limit.
   */
  search(payment: PaymentTrace): Promise<LedgerSearch>;
}

/** What callers may open. */
export interface LedgerAccess extends LedgerSession {
  /** For one write: reads anew, and ends with the write's own time. */
  forWrite(): LedgerSession;
}

/** Pi's ledger, read only, through a Horizon server. */
export interface Ledger extends Provider {
  readonly name: 'ledger';
  /** Whether one is configured; without, every search answers `off`. */
  readonly enabled: boolean;
  open(scope: OperationScope): LedgerSession;
}
