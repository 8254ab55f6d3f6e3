import { describe, expect, it } from 'vitest';
import type { LedgerClient } from '../../src/providers/ledger/client.js';
import type { HistoryPage, LedgerRow, PaymentTrace } from '../../src/providers/ledger/model.js';
import { openLedgerSession } from '../../src/providers/ledger/open-session.js';
import { instantFromMillis } from '../../src/values/instant.js';
import { monotonicNow } from '../../src/values/clock.js';
import type { FakeLedger } from '../support/fake-ledger.js';
import { inFrontOfLedger } from './ledger-support.js';

/** A search that finds nothing proves something only when the history, as it was read, is in order, whole and fresh. */

const WALLET = 'GCXC6QBLLO42GK2TA3445NLY6MHENLKXDGRHX3VCIOXBZ4RGKL3DIQP6';
const USER = 'GAG6JP4O2VF32FTUSVJCW4NURJ7DPMGZGM57OD72KLNPUWY556OFL53K';
const HOUR = 3_600_000;
const MADE = Date.now() - HOUR;

const paid: PaymentTrace = {
  paymentId: 'bread',
  amount: '4.25',
  direction: 'USER_TO_APP',
  fromAddress: USER,
  toAddress: WALLET,
  createdAt: instantFromMillis(MADE),
  networkPassphrase: 'Pi Testnet',
  transaction: null,
};

/** A row whose place is so many hours after the payment was made. */
function rowAt(hours: number, memo: string | null, token?: string): LedgerRow {
  const txid = (Math.round(hours * 100) + 1_000_000).toString(16).padStart(64, '0');
  const cursor = token ?? String(Math.round(1_000_000 + hours * 100));
  const createdAt = instantFromMillis(MADE + hours * HOUR);
  return { txid, names: [txid], cursor, createdAt, successful: true, textMemo: memo };
}

/** A ledger that lists these rows in this order, so many a page, with so many rows of one page again on the next. */
function ledgerOf(rows: readonly LedgerRow[], size: number, overlap = 0) {
  const served: LedgerRow[] = [];
  const page = (some: readonly LedgerRow[]): HistoryPage => {
    served.push(...some);
    return { rows: some, next: null, oldestFirst: false, latestLedger: null, ageMs: 0, madeAt: null };
  };
  const client: LedgerClient = {
    getNetwork: async () => ({
      networkPassphrase: 'Pi Testnet',
      closedAt: instantFromMillis(Date.now()),
      latestLedger: 900,
      coreLedger: 900,
      fromTheStart: true,
      madeAt: null,
    }),
    async getAccountTransactions(_scope, _account, cursor) {
      const at = rows.findIndex((row) => row.cursor === cursor);
      const from = cursor === null ? 0 : at + 1 - overlap;
      return page(rows.slice(from, from + size));
    },
    getTransaction: async () => Promise.reject(new Error('nothing is linked')),
    getTransfers: async () => ({
      transfers: [{ from: USER, to: WALLET, amount: '4.25' }],
      exchanged: [],
      hidden: false,
    }),
    state: () => ({ circuit: 'CLOSED', standing: 'WELL', lastSuccessAt: undefined }),
  };
  return { served, search: () => openLedgerSession(client, { deadline: monotonicNow() + 5_000 }).search(paid) };
}

function* ordersOf<T>(all: readonly T[]): Generator<readonly T[]> {
  if (all.length <= 1) yield all;
  for (const [index, one] of all.entries()) for (const rest of ordersOf(all.toSpliced(index, 1))) yield [one, ...rest];
}

const around = [rowAt(0.5, 'tea'), rowAt(0.1, null), rowAt(-26, 'old'), rowAt(-50, 'older')];
const match = rowAt(0.2, 'bread');
const newestFirst = (rows: readonly LedgerRow[]) => rows.toSorted((a, b) => Number(b.cursor) - Number(a.cursor));
const sameOrder = (a: readonly LedgerRow[], b: readonly LedgerRow[]) =>
  a.every(({ txid }, index) => txid === b[index]?.txid);

describe('the order of the rows', () => {
  it.each([1, 2, 3, 5])('decides what they prove, %d a page: in every order, paid and not', async (size) => {
    for (const rows of [around, [...around, match]])
      for (const order of ordersOf(rows)) {
        const { served, search } = ledgerOf(order, size);
        const { state } = await search();
        const about = order.map(({ textMemo }) => textMemo).join(' ');
        // What was in an answer is never thrown away, and what was not is not missing unless the order says so.
        if (served.includes(match)) expect(state, about).toBe('match');
        else if (sameOrder(served, newestFirst(served))) expect(['none', about]).toContain(state);
        else expect(state, about).toBe('unavailable');
        if (size === 5 && !sameOrder(order, newestFirst(order))) expect(state, about).not.toBe('none');
      }
  });

  it.each([1, 2, 3, 5, 200])('is not the one asked for when the oldest come first, %d a page', async (size) => {
    const oldest = newestFirst(around).toReversed();
    expect((await ledgerOf(oldest, size).search()).state).toBe('unavailable');
    expect((await ledgerOf(oldest.slice(0, 2), size).search()).state).toBe('unavailable');
  });

  it('is that of the ledger, not of its dates alone: within one second too', async () => {
    const [later, sooner] = [rowAt(0.5, null, '20'), rowAt(0.5, null, '10')];
    const second = { ...sooner, txid: 'f'.repeat(64), names: ['f'.repeat(64)] };
    expect((await ledgerOf([later, second], 5).search()).state).toBe('none');
    expect((await ledgerOf([second, later], 5).search()).state).toBe('unavailable');
  });

  it('is broken by pages that overlap; what is twice in them is one', async () => {
    const rows = newestFirst([...around, match]);
    expect((await ledgerOf(rows, 3, 1).search()).state).toBe('match');
    expect((await ledgerOf(newestFirst(around), 2, 1).search()).state).toBe('unavailable');
  });
});

let horizon: FakeLedger;
const provider = inFrontOfLedger((started) => (horizon = started));
const search = (changes: Partial<PaymentTrace> = {}) => provider.search({ ...paid, ...changes });
const iso = (ms: number) => new Date(ms).toISOString();
const right = { from: USER, to: WALLET, amount: '4.2500000', memo: 'bread', createdAt: iso(MADE + 60_000) };
const old = { from: USER, to: WALLET, amount: '1', memo: 'tea', createdAt: iso(MADE - 30 * HOUR) };
const isHistory = (path: string) => path.startsWith('/accounts/');

/** Each alone, on a history that holds nothing of the payment: of these only the first column may prove that. */
const facts: readonly (readonly [string, object, Record<string, string> | undefined, 'none' | 'unavailable'])[] = [
  ['says nothing of its newest ledger', {}, undefined, 'none'],
  ['knows the newest ledger', {}, { 'latest-ledger': '20000' }, 'none'],
  ['is a few ledgers behind', {}, { 'latest-ledger': '19995' }, 'none'],
  ['is ahead of what was said before', {}, { 'latest-ledger': '20900' }, 'none'],
  ['is half an hour of ledgers behind', {}, { 'latest-ledger': '19640' }, 'unavailable'],
  ['is six ledgers behind', {}, { 'latest-ledger': '19994' }, 'unavailable'],
  ['says its newest ledger in no number', {}, { 'latest-ledger': 'soon' }, 'unavailable'],
  ['comes fresh from a cache', {}, { age: '12' }, 'none'],
  ['is more than a minute old', {}, { age: '61' }, 'unavailable'],
  ['passed two caches', {}, { age: '3, 3600' }, 'unavailable'],
  ['has an age that cannot be read', {}, { age: 'old' }, 'unavailable'],
  ['was made an hour ago', {}, { date: new Date(Date.now() - HOUR).toUTCString() }, 'unavailable'],
  ['has a date that cannot be read', {}, { date: 'today' }, 'none'],
  ['has a date of tomorrow', {}, { date: new Date(Date.now() + 24 * HOUR).toUTCString() }, 'none'],
  ['is behind the network', { core_latest_ledger: 20_006 }, undefined, 'unavailable'],
  ['is a few ledgers behind the network', { core_latest_ledger: 20_005 }, undefined, 'none'],
  ['hears nothing of the network', { core_latest_ledger: 0 }, undefined, 'none'],
  ['does not number its ledgers', { history_latest_ledger: undefined }, undefined, 'unavailable'],
  [
    'numbers its ledgers only in the history',
    { history_latest_ledger: undefined },
    { 'latest-ledger': '20000' },
    'unavailable',
  ],
  ['ends 70 s ago', { history_latest_ledger_closed_at: iso(Date.now() - 70_000) }, undefined, 'unavailable'],
  ['is a replica that ends 115 s ago, the network ahead', lagging(), undefined, 'unavailable'],
];

function lagging(): object {
  const closed = iso(Date.now() - 115_000);
  return { history_latest_ledger: 880, core_latest_ledger: 900, history_latest_ledger_closed_at: closed };
}

describe('the freshness of the history', () => {
  it.each(facts)('when it %s', async (_what, root, headers, state) => {
    Object.assign(horizon.root, root);
    horizon.add(old);
    horizon.intercept(async (request) => {
      if (headers === undefined || !isHistory(request.path)) return undefined;
      return {
        headers: { 'content-type': 'application/json', ...headers },
        body: pageOf(request.query.has('cursor') ? [] : [old]),
      };
    });
    const found = await search();
    expect(found.state).toBe(state);
    if (found.state === 'unavailable') expect(found.error).toMatchObject({ detail: 'stale_history' });
  });

  it('does not matter to a transaction that is there', async () => {
    horizon.intercept(async ({ path }) =>
      isHistory(path) ? { headers: { age: '3600', 'latest-ledger': '1' }, body: pageOf([right, old]) } : undefined,
    );
    horizon.transactions.push({ ...right, hash: hashOf(0) });
    expect((await search()).state).toBe('match');
  });

  it('is asked of every page', async () => {
    const pages = [pageOf([{ ...old, createdAt: iso(MADE) }]), pageOf([old], 5), pageOf([], 9)];
    let asked = 0;
    horizon.intercept(async ({ path }) => {
      if (!isHistory(path)) return undefined;
      asked += 1;
      return { headers: { 'latest-ledger': asked === 2 ? '180' : '20000' }, body: pages[asked - 1] };
    });
    expect(await search()).toMatchObject({ state: 'unavailable', error: { detail: 'stale_history' } });
  });
});

describe('an empty page', () => {
  it('that goes on elsewhere is followed, and no further than ten pages', async () => {
    horizon.add(right);
    let asked = 0;
    const empty = (cursor: string) => ({
      body: { _links: { next: { href: `http://x/elsewhere?cursor=${cursor}&limit=200&order=desc` } }, ...pageOf([]) },
    });
    horizon.intercept(async ({ path, query }) => (isHistory(path) && !query.has('cursor') ? empty('9999') : undefined));
    expect((await search()).state).toBe('match');
    horizon.transactions.length = 0;
    expect((await search()).state).toBe('unavailable');
    horizon.intercept(async ({ path }) => (isHistory(path) ? empty(String((asked += 1))) : undefined));
    expect((await search()).state).toBe('cut off');
    expect(asked).toBe(10);
    horizon.intercept(async ({ path, query }) =>
      isHistory(path) ? empty(query.get('cursor') === '1' ? '2' : '1') : undefined,
    );
    expect(await search()).toMatchObject({ state: 'unavailable', error: { reason: 'pagination_stuck' } });
  });

  it('whose link leads to itself, or nowhere, is the end', async () => {
    for (const href of ['http://x/a?cursor=&order=desc', 'http://x/a?order=desc', 'http://x/a', '//', ''])
      await expectEnd({ _links: { next: { href } } });
    await expectEnd({ _links: { next: null } });
    await expectEnd({ _links: 'none' });
    await expectEnd({});
  });

  async function expectEnd(links: object): Promise<void> {
    horizon.intercept(async ({ path }) => (isHistory(path) ? { body: { ...links, ...pageOf([]) } } : undefined));
    expect(await search(), JSON.stringify(links)).toEqual({ state: 'none', decoys: [] });
  }

  it('of a list that calls itself oldest first proves nothing', async () => {
    horizon.intercept(async ({ path }) =>
      isHistory(path)
        ? { body: { _links: { self: { href: `${path}?cursor=&limit=10&order=asc` } }, ...pageOf([]) } }
        : undefined,
    );
    expect((await search()).state).toBe('unavailable');
  });
});

describe('a transaction', () => {
  it('that gives its memo in bytes alone is found; one that gives none spoils its page', async () => {
    const memo_bytes = Buffer.from('bread').toString('base64');
    horizon.transactions.push({ ...right, hash: hashOf(0) });
    const told = (memo: object) =>
      horizon.intercept(async ({ path }) =>
        isHistory(path) ? { body: pageOf([{ ...right, memo: undefined, more: memo }, old]) } : undefined,
      );
    told({ memo_bytes });
    expect((await search()).state).toBe('match');
    told({ memo_bytes, memo: 'something that was made of it' });
    expect((await search()).state).toBe('match');
    told({ memo_bytes: Buffer.from([0xff, 0xfe]).toString('base64') });
    expect((await search()).state).toBe('none');
    for (const memo of [{}, { memo: null }, { memo_bytes: '***' }]) {
      told(memo);
      expect(await search(), JSON.stringify(memo)).toMatchObject({ state: 'unavailable', error: { reason: 'shape' } });
    }
  });

  it('whose fee another paid is one, by whichever of its hashes Pi links it', async () => {
    const [outer, inner] = [hashOf(0), 'ab'.repeat(32)];
    horizon.transactions.push({ ...right, hash: outer });
    const bump = { fee_bump_transaction: { hash: outer }, inner_transaction: { hash: inner } };
    for (const inList of [bump, {}])
      for (const linked of [inner, outer, null]) {
        horizon.intercept(async ({ path }) => {
          if (isHistory(path)) return { body: pageOf([{ ...right, more: inList }, old]) };
          if (path !== `/transactions/${inner}`) return undefined;
          return { body: { ...rowOf({ ...right, more: bump }, 0), hash: inner } };
        });
        if (inList !== bump && linked === inner)
          horizon.transactions.push({ ...right, hash: inner, operations: [{ ...native, transaction_hash: outer }] });
        expect(await search({ transaction: linked === null ? null : { txid: linked } })).toMatchObject({
          state: 'match',
          transaction: { txid: linked ?? outer },
        });
      }
  });
});

const native = { type: 'payment', asset_type: 'native', from: USER, to: WALLET, amount: '4.2500000' };
const hashOf = (index: number) => `${index}`.padStart(64, 'c');

interface Told {
  readonly createdAt: string;
  readonly memo?: string | undefined;
  readonly more?: object;
}
function rowOf({ createdAt, memo, more }: Told, index: number): object {
  const token = String(5_000 - index);
  const said = memo === undefined ? {} : { memo };
  return { hash: hashOf(index), paging_token: token, created_at: createdAt, memo_type: 'text', ...said, ...more };
}

function pageOf(rows: readonly Told[], from = 0): object {
  return { _embedded: { records: rows.map((row, index) => rowOf(row, from + index)) } };
}
