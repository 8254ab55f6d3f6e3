import { Refusal, route, type Reply } from '../routes.js';
import type { Service } from '../server.js';
import type { Chain, LedgerEntry } from './chain.js';
import { BASE_FEE, toPi } from './transactions.js';
import { PASSPHRASE } from './wallets.js';

const MOST_ROWS = 200;
const headers = { 'content-type': 'application/hal+json; charset=utf-8' };

/** Horizon, as far as payments need it: the ledger's pages and transactions, and the way in for signed ones. */
export function createHorizon(chain: Chain, isLost: (entry: LedgerEntry) => boolean): Service {
  const hal = (json: object): Reply => ({ headers, json });
  const found = (hash: string) => chain.find(hash.toLowerCase()) ?? missing();

  return {
    forms: true,
    refuse: ({ status, reason, details, headers: extra }) => ({
      status,
      headers: { ...extra, 'content-type': 'application/problem+json; charset=utf-8' },
      json: problem(reason.toLowerCase(), status, details),
    }),
    routes: [
      route('GET', '/', () => {
        const { sequence, closedMs } = chain.latest();
        return hal({
          horizon_version: '22.0.1',
          core_latest_ledger: sequence,
          history_latest_ledger: sequence,
          history_latest_ledger_closed_at: secondsOf(closedMs),
          history_elder_ledger: 1,
          network_passphrase: PASSPHRASE,
        });
      }),
      route('GET', '/fee_stats', () => hal({ last_ledger_base_fee: String(BASE_FEE) })),
      route('GET', '/accounts/:id', ({ params: { id } }) => {
        const { sequence, balance } = chain.account(id) ?? missing();
        const balances = [{ balance: toPi(balance), asset_type: 'native' }];
        return hal({ id, account_id: id, sequence: String(sequence), balances });
      }),
      route('GET', '/accounts/:id/transactions', ({ params, query }) =>
        hal(page((chain.history(params.id) ?? missing()).map(rowOf), query)),
      ),
      route('GET', '/transactions/:hash', ({ params }) => hal(rowOf(found(params.hash)))),
      route('GET', '/transactions/:hash/operations', ({ params, query }) =>
        hal(page([operationOf(found(params.hash))], query)),
      ),
      route('POST', '/transactions', ({ text }) => {
        const taken = chain.submit(new URLSearchParams(text).get('tx') ?? '');
        if (taken === undefined)
          throw new Refusal(400, 'transaction_malformed', 'Only one signed payment of the own coin is taken here');
        if (typeof taken === 'string') return refused(taken);
        return isLost(taken) ? { lost: true } : hal(rowOf(taken));
      }),
    ],
  };
}

function refused(fault: string): Reply {
  const codes = fault.startsWith('op_') ? { transaction: 'tx_failed', operations: [fault] } : { transaction: fault };
  return {
    status: 400,
    headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    json: {
      ...problem('transaction_failed', 400, 'The transaction was not taken into the ledger'),
      extras: { result_codes: codes },
    },
  };
}

function problem(code: string, status: number, detail: string) {
  return { type: `https://stellar.org/horizon-errors/${code}`, title: code, status, detail };
}

function missing(): never {
  throw new Refusal(404, 'not_found', 'There is no such account or transaction');
}

type Row = ReturnType<typeof rowOf>;

function rowOf(entry: LedgerEntry) {
  return {
    id: entry.hash,
    paging_token: pagingToken(entry),
    successful: true,
    hash: entry.hash,
    created_at: secondsOf(entry.createdMs),
    source_account: entry.from,
    source_account_sequence: String(entry.sequence),
    fee_charged: String(BASE_FEE),
    operation_count: 1,
    memo_type: entry.memo === null ? 'none' : 'text',
    ...(entry.memo === null ? {} : { memo: entry.memo }),
  };
}

function operationOf(entry: LedgerEntry): Row & object {
  return {
    ...rowOf(entry),
    transaction_hash: entry.hash,
    transaction_successful: true,
    type: 'payment',
    asset_type: 'native',
    from: entry.from,
    to: entry.to,
    amount: toPi(entry.amount),
  } as Row & object;
}

/** Rises with time, and differs for two of one millisecond. */
function pagingToken({ createdMs, hash }: LedgerEntry): string {
  return String(BigInt(createdMs) * 1_000_000n + (BigInt(`0x${hash.slice(0, 4)}`) ^ 0xffffn));
}

/** The ledger's clock ticks in seconds. */
function secondsOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}

/** One page behind a cursor, in Horizon's shape; oldest first unless asked otherwise. */
function page(newestFirst: readonly Row[], query: URLSearchParams): object {
  const descending = query.get('order') === 'desc';
  const limit = Math.min(Number(query.get('limit') ?? 10), MOST_ROWS);
  const cursor = query.get('cursor') ?? '';
  const rows = descending ? newestFirst : newestFirst.toReversed();
  const isBehind = ({ paging_token: token }: Row) =>
    cursor === '' || (descending ? BigInt(token) < BigInt(cursor) : BigInt(token) > BigInt(cursor));
  return { _links: {}, _embedded: { records: rows.filter(isBehind).slice(0, limit) } };
}
