import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import { callScope, type OperationScope } from '../provider.js';
import { type Reading } from '../reading.js';
import type { LedgerClient } from './client.js';
import { createPageReader } from './loaders.js';
import type { LedgerSearch, PaymentTrace } from './model.js';
import { isSameNetwork, searchLedger } from './search.js';
import type { LedgerSession } from './session.js';

/** What sessions are made from. */
export interface SessionParts {
  readonly client: LedgerClient;
  /** The passphrase of the network that the server serves; asked for until it is known. */
  network(scope: CallScope): Promise<string>;
}

export function openLedgerSession({ client, network }: SessionParts, operation: OperationScope): LedgerSession {
  const scope = callScope(operation, null);
  const reading: Reading = {
    facts: { provider: 'ledger', operation: 'getAccountTransactions', credential: 'none' },
    delivery: 'answered',
  };
  const readPage = createPageReader((account, cursor) => client.getAccountTransactions(scope, account, cursor));
  const searches = new Map<string, Promise<LedgerSearch>>();

  async function look(payment: PaymentTrace): Promise<LedgerSearch> {
    try {
      const { networkPassphrase } = payment;
      if (networkPassphrase !== null && !isSameNetwork(await network(scope), networkPassphrase))
        return { state: 'other network' };
      return await searchLedger(client, scope, payment, readPage, reading);
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
