import type { CallFacts } from '../../errors.js';
import type { CallScope, CircuitState, HttpClient } from '../../upstream/http.js';
import { badResponse, readJson, refusal } from './errors.js';
import type { LedgerRow, NativeTransfer } from './model.js';
import { parseNetwork, parsePage, parseTransaction, parseTransfers } from './wire.js';

/** Rows of one page of an account's history: the most that Horizon gives. */
export const PAGE_ROWS = 200;

const READ_RETRIES = 1;

/** Horizon on the wire: the reads that payments need, each a single call that is understood and checked. Nobody's credential is sent. */
export interface LedgerClient {
  /** The passphrase of the network that the server serves. */
  getNetwork(scope: CallScope): Promise<string>;
  /** Newest first, behind this cursor. Rejects with `not_found` when the ledger has no such account. */
  getAccountTransactions(scope: CallScope, account: string, cursor: string | null): Promise<readonly LedgerRow[]>;
  /** Rejects with `not_found` when the ledger has none of this hash. */
  getTransaction(scope: CallScope, txid: string): Promise<LedgerRow>;
  /** What it moves of the ledger's own coin; null when it failed. */
  getTransfers(scope: CallScope, txid: string): Promise<readonly NativeTransfer[] | null>;
  state(): CircuitState;
}

export function createLedgerClient(http: HttpClient): LedgerClient {
  const send = <T>(
    scope: CallScope,
    operation: string,
    path: string,
    understand: (json: unknown, facts: CallFacts) => T,
    subject?: string,
  ): Promise<T> => {
    const facts: CallFacts = { provider: http.provider, operation, credential: scope.credential };
    return http.call<T>(
      {
        operation,
        path,
        method: 'GET',
        effect: 'read',
        retries: READ_RETRIES,
        ...(subject === undefined ? {} : { subject }),
        accept: (answer) => understand(readJson(answer, facts), facts),
        refuse: (answer) => refusal(answer, facts),
      },
      scope,
    );
  };

  return {
    getNetwork: (scope) => send(scope, 'getNetwork', '/', parseNetwork),
    getAccountTransactions: (scope, account, cursor) =>
      send(
        scope,
        'getAccountTransactions',
        `/accounts/${account}/transactions?order=desc&limit=${PAGE_ROWS}${cursor === null ? '' : `&cursor=${cursor}`}`,
        parsePage,
        account,
      ),
    getTransaction: (scope, txid) =>
      send(
        scope,
        'getTransaction',
        `/transactions/${txid}`,
        (json, facts) => {
          const row = parseTransaction(json, facts);
          if (row.txid !== txid) throw badResponse(facts, 'identity_mismatch');
          return row;
        },
        txid,
      ),
    getTransfers: (scope, txid) =>
      send(
        scope,
        'getTransfers',
        `/transactions/${txid}/operations?limit=${PAGE_ROWS}`,
        (json, facts) => parseTransfers(json, txid, facts),
        txid,
      ),
    state: () => http.state(),
  };
}
