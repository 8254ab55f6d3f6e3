import { randomBytes } from 'node:crypto';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type Script, type SeenRequest } from './fake-upstream.js';

/** A transaction of the fake ledger; only what matters is named. */
export interface FakeTransaction {
  readonly hash: string;
  readonly createdAt: string;
  readonly memo?: string;
  readonly memoType?: string;
  /** Null: its row does not say. */
  readonly successful?: boolean | null;
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  /** In place of one native payment. */
  readonly operations?: readonly object[];
}

/** What a ledger holds, and how Horizon tells of it: accounts' histories by cursor, transactions, operations. */
export interface LedgerBook {
  /** What it says of itself in another way than a server that is up to date and keeps everything. */
  readonly root: Record<string, unknown>;
  /** Oldest first. */
  readonly transactions: FakeTransaction[];
  /** Adds one, with a hash and a time of its own unless told. */
  add(transaction: Partial<FakeTransaction> & Pick<FakeTransaction, 'from' | 'to' | 'amount'>): FakeTransaction;
  answer(request: SeenRequest): FakeAnswer;
}

/** Horizon on a loopback socket, as far as payments need it. */
export interface FakeLedger extends FakeUpstream, Omit<LedgerBook, 'answer'> {
  /** Has some requests answered by the test; undefined = as usual. */
  intercept(script: Script | undefined): void;
  /** Paths that were asked for, queries left out. */
  seen(): string[];
}

const missing: FakeAnswer = {
  status: 404,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: 'https://stellar.org/horizon-errors/not_found', title: 'Resource Missing', status: 404 },
};
const START = Date.parse('2026-03-09T08:00:00Z');

export function ledgerBook(passphrase = 'Pi Testnet'): LedgerBook {
  const transactions: FakeTransaction[] = [];
  const root: Record<string, unknown> = {};

  function answer(request: SeenRequest): FakeAnswer {
    if (request.path === '/') return { body: { ...rootOf(passphrase), ...root } };
    const [, kind = '', id = '', rest] = request.path.split('/');
    if (kind === 'accounts' && rest === 'transactions') return { body: history(id, request.query) };
    const found = transactions.find(({ hash }) => hash === id);
    if (kind !== 'transactions' || !found) return missing;
    return { body: rest === 'operations' ? records(operationsOf(found)) : rowOf(found) };
  }

  function history(account: string, query: URLSearchParams): object {
    const limit = Number(query.get('limit') ?? 10);
    const cursor = query.get('cursor');
    const rows = transactions
      .filter(({ from, to }) => from === account || to === account)
      .map(rowOf)
      .toReversed()
      .filter(({ paging_token }) => cursor === null || BigInt(paging_token) < BigInt(cursor));
    return records(rows.slice(0, limit));
  }

  function rowOf(one: FakeTransaction) {
    return {
      hash: one.hash,
      paging_token: String(1_000 + transactions.indexOf(one)),
      ...(one.successful === null ? {} : { successful: one.successful ?? true }),
      created_at: one.createdAt,
      memo_type: one.memoType ?? (one.memo === undefined ? 'none' : 'text'),
      ...(one.memo === undefined ? {} : { memo: one.memo }),
    };
  }

  return {
    root,
    transactions,
    answer,
    add(given) {
      const at = new Date(START + transactions.length * 5_000).toISOString().replace('.000', '');
      const made = { hash: randomBytes(32).toString('hex'), createdAt: at, ...given };
      transactions.push(made);
      return made;
    },
  };
}

export async function fakeLedger(passphrase?: string): Promise<FakeLedger> {
  const { answer: told, ...book } = ledgerBook(passphrase);
  let intercepted: Script | undefined;
  const upstream = await fakeUpstream(async (request, response) => {
    const answer = await intercepted?.(request, response);
    if (answer !== undefined || (intercepted && (response.headersSent || response.destroyed))) return answer;
    return told(request);
  });
  return {
    ...upstream,
    ...book,
    intercept(script) {
      intercepted = script;
    },
    seen: () => upstream.requests.map(({ path }) => path),
  };
}

/** What a server says that is up to date and has the whole history. */
export function rootOf(passphrase: string): Record<string, unknown> {
  return {
    horizon_version: '22.0.1',
    core_latest_ledger: 20_000,
    history_latest_ledger: 20_000,
    history_latest_ledger_closed_at: new Date().toISOString().replace(/\.\d+/, ''),
    history_elder_ledger: 1,
    network_passphrase: passphrase,
  };
}

function operationsOf({ hash, from, to, amount, operations, successful = true }: FakeTransaction): readonly object[] {
  const all = operations ?? [{ type: 'payment', asset_type: 'native', from, to, amount }];
  return all.map((one) => ({ transaction_hash: hash, transaction_successful: successful, ...one }));
}

function records(rows: readonly object[]): object {
  return { _links: {}, _embedded: { records: rows } };
}
