import type { CallFacts } from '../../errors.js';
import type { Answer, CallScope, CircuitState, HttpClient } from '../../upstream/http.js';
import { callOf } from '../call.js';
import { badResponse, understandJson, type Reading } from '../reading.js';
import { refusal } from './errors.js';
import type { HistoryPage, LedgerReach, LedgerRow, Movements } from './model.js';
import { parsePage, parseTransaction } from './wire-history.js';
import { parseMovements, parseReach } from './wire.js';

/** Rows of one page of an account's history: the most that Horizon gives. */
const PAGE_ROWS = 200;

const READ_RETRIES = 1;

/** Horizon on the wire: the reads that payments need, each a single call that is understood and checked. Nobody's credential is sent. */
export interface LedgerClient {
  /** The network that the server serves, and how far its history reaches now. */
  getNetwork(scope: CallScope): Promise<LedgerReach>;
  /** Newest first, behind this cursor. Rejects with `not_found` when the ledger has no such account. */
  getAccountTransactions(scope: CallScope, account: string, cursor: string | null): Promise<HistoryPage>;
  /** Rejects with `not_found` when the ledger has none of this hash. */
  getTransaction(scope: CallScope, txid: string): Promise<LedgerRow>;
  /** What it moves of the ledger's own coin; null when it failed. */
  getTransfers(scope: CallScope, transaction: Pick<LedgerRow, 'txid' | 'names'>): Promise<Movements | null>;
  state(): CircuitState;
}

export function createLedgerClient(http: HttpClient): LedgerClient {
  const send = <T>(
    scope: CallScope,
    operation: string,
    path: string,
    understand: (json: unknown, reading: Reading, answer: Answer) => T,
    subject?: string,
  ): Promise<T> => {
    const facts: CallFacts = { provider: http.provider, operation, credential: scope.credential };
    const reading: Reading = { facts, delivery: 'answered' };
    return http.call<T>(
      callOf(
        { operation, path, method: 'GET', effect: 'read', retries: READ_RETRIES, subject },
        undefined,
        (answer) => understandJson(answer, reading, (json) => understand(json, reading, answer)),
        (answer) => refusal(answer, facts),
      ),
      scope,
    );
  };

  return {
    getNetwork: (scope) => send(scope, 'getNetwork', '/', parseReach),
    getAccountTransactions: (scope, account, cursor) =>
      send(
        scope,
        'getAccountTransactions',
        `/accounts/${account}/transactions?order=desc&limit=${PAGE_ROWS}${cursor === null ? '' : `&cursor=${cursor}`}`,
        (json, reading, answer) => parsePage(json, answer, reading),
        account,
      ),
    getTransaction: (scope, txid) =>
      send(
        scope,
        'getTransaction',
        `/transactions/${txid}`,
        (json, reading) => {
          const row = parseTransaction(json, reading);
          if (!row.names.includes(txid)) throw badResponse(reading, 'identity_mismatch');
          return row;
        },
        txid,
      ),
    getTransfers: (scope, { txid, names }) =>
      send(
        scope,
        'getTransfers',
        `/transactions/${txid}/operations?limit=${PAGE_ROWS}`,
        (json, reading) => parseMovements(json, names, reading),
        txid,
      ),
    state: () => http.state(),
  };
}
