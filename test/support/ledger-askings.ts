import type { Asking } from './askings.js';
import { LEDGER_PAYMENT } from './on-the-way.js';

const searches = (of: RegExp): Asking => ({
  of,
  ask: () => [
    'query ($id: ID!) { ledgerTransaction(paymentId: $id) { txid from to amount memo createdAt matches } }',
    { id: LEDGER_PAYMENT },
  ],
});

/** Each operation of the ledger, which nothing asks for by itself: a search for a payment's transaction comes to it. */
export const ledgerAskings: Readonly<Record<string, Asking>> = {
  getNetwork: searches(/^GET \/ledger\/$/),
  getAccountTransactions: searches(/^GET \/ledger\/accounts\/[^/]+\/transactions$/),
  getTransaction: searches(/^GET \/ledger\/transactions\/[^/]+$/),
  getTransfers: searches(/^GET \/ledger\/transactions\/[^/]+\/operations$/),
};
