import { UpstreamError } from '../../errors.js';
import { callScope, type OperationScope } from '../provider.js';
import { type Reading } from '../reading.js';
import type { LedgerClient } from './client.js';
import { createPageReader } from './loaders.js';
import type { LedgerReach, LedgerSearch, PaymentTrace } from './model.js';
import { isSameNetwork, searchLedger } from './search.js';
import type { LedgerSession } from './session.js';

export function openLedgerSession(client: LedgerClient, operation: OperationScope): LedgerSession {
  const scope = callScope(operation, null);
  const reading: Reading = {
    facts: { provider: 'ledger', operation: 'getAccountTransactions', credential: 'none' },
    delivery: 'answered',
  };
  const readPage = createPageReader((account, cursor) => client.getAccountTransactions(scope, account, cursor));
  let reached: Promise<LedgerReach> | undefined;
  /** Read once for all searches of an operation, and before the first page: an older answer would say too little. */
  const reach = (): Promise<LedgerReach> =>
    (reached ??= client.getNetwork(scope).catch((error: unknown) => {
      reached = undefined;
      throw error;
    }));
  const searches = new Map<string, Promise<LedgerSearch>>();

  async function look(payment: PaymentTrace): Promise<LedgerSearch> {
    try {
      const { networkPassphrase } = payment;
      const now = await reach();
      if (networkPassphrase !== null && !isSameNetwork(now.networkPassphrase, networkPassphrase))
        return { state: 'other network' };
      return await searchLedger(client, scope, payment, { readPage, reading, reach: now });
    } catch (error) {
      // An account that the ledger does not know proves nothing: it may be another ledger.
      if (error instanceof UpstreamError) return { state: 'unavailable', error };
      throw error;
    }
  }

  return {
    search(payment) {
      let searched = searches.get(payment.paymentId);
      if (!searched) {
        searches.set(payment.paymentId, (searched = look(payment)));
        const forget = () => void searches.delete(payment.paymentId);
        searched.then(({ state }) => state === 'unavailable' && forget(), forget);
      }
      return searched;
    },
  };
}

/** What stands in for a ledger that is not configured. */
export const sessionOff: LedgerSession = { search: async () => ({ state: 'off' }) };
