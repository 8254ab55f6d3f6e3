import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import type { PaymentTrace } from '../../src/providers/ledger/model.js';
import { parseInstant, type Instant } from '../../src/values/instant.js';
import { rootOf, type FakeLedger } from '../support/fake-ledger.js';
import { inFrontOfLedger } from './ledger-support.js';

const WALLET = 'GCXC6QBLLO42GK2TA3445NLY6MHENLKXDGRHX3VCIOXBZ4RGKL3DIQP6';
const USER = 'GAG6JP4O2VF32FTUSVJCW4NURJ7DPMGZGM57OD72KLNPUWY556OFL53K';
const STRANGER = `G${'B'.repeat(55)}`;

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (!parsed) throw new Error(`${text} is no instant`);
  return parsed;
}

const paid: PaymentTrace = {
  paymentId: 'created-bread',
  amount: '4.25',
  direction: 'USER_TO_APP',
  fromAddress: USER,
  toAddress: WALLET,
  createdAt: instant('2026-03-09T07:41:18.206Z'),
  networkPassphrase: 'Pi Testnet',
  transaction: null,
};
const right = { from: USER, to: WALLET, amount: '4.2500000', memo: 'created-bread' };

let horizon: FakeLedger;
const provider = inFrontOfLedger((started) => (horizon = started));
const search = (changes: Partial<PaymentTrace> = {}) => provider.search({ ...paid, ...changes });

/** Traffic of the wallet that has nothing to do with the payment. */
function fill(count: number, createdAt?: string): void {
  for (let index = 0; index < count; index += 1)
    horizon.add({
      from: STRANGER,
      to: WALLET,
      amount: '1',
      memo: `order-${index}`,
      ...(createdAt ? { createdAt } : {}),
    });
}

describe("looking for a payment's transaction", () => {
  it('finds the one among 250, with decoys of another amount and another receiver', async () => {
    fill(125);
    const small = horizon.add({ ...right, amount: '0.0100000' });
    const match = horizon.add(right);
    const elsewhere = horizon.add({ ...right, from: WALLET, to: STRANGER });
    fill(125);
    const found = await search();
    expect(found).toMatchObject({
      state: 'match',
      transaction: { txid: match.hash, from: USER, to: WALLET, amount: '4.25', memo: 'created-bread', matches: true },
      decoys: [
        { txid: elsewhere.hash, matches: false },
        { txid: small.hash, amount: '0.01', matches: false },
      ],
    });
    expect(horizon.requests.filter(({ path }) => path.startsWith('/accounts/'))).toHaveLength(3);
  });

  it('names both of two that agree, and neither as the one', async () => {
    const [first, second] = [horizon.add(right), horizon.add(right)];
    expect(await search()).toMatchObject({
      state: 'several',
      transactions: [
        { txid: second.hash, matches: false },
        { txid: first.hash, matches: false },
      ],
    });
  });

  it.each<[string, object]>([
    ['failed', { successful: false }],
    ['has the memo of another kind', { memoType: 'hash' }],
    ['has the memo with a space', { memo: 'created-bread ' }],
    ['is of another asset', { operations: [{ type: 'payment', asset_type: 'credit_alphanum4', ...right }] }],
    ['moves nothing', { operations: [{ type: 'manage_data', name: 'a' }] }],
    ['came more than a day before the payment', { createdAt: '2026-03-08T07:41:18Z' }],
  ])('takes none that %s', async (_what, changes) => {
    horizon.add({ ...right, ...changes });
    expect(await search()).toEqual({ state: 'none', decoys: [] });
  });

  it('takes none that pays twice in one, or less in parts', async () => {
    const part = (amount: string) => ({ type: 'payment', asset_type: 'native', from: USER, to: WALLET, amount });
    horizon.add({ ...right, operations: [part('4.2500000'), part('4.2500000')] });
    horizon.add({ ...right, operations: [part('2.2500000'), part('2.0000000')] });
    expect(await search()).toMatchObject({ state: 'none', decoys: [{ matches: false }, { matches: false }] });
  });

  it.each<[string, object]>([
    ['an exchange that pays the amount', { type: 'path_payment_strict_receive', asset_type: 'native', ...right }],
    [
      'an exchange that pays it with its own coin',
      { type: 'path_payment_strict_send', asset_type: 'native', ...right },
    ],
  ])('shows %s, and takes it for no match', async (_what, operation) => {
    const made = horizon.add({ ...right, operations: [operation] });
    expect(await search()).toMatchObject({ state: 'none', decoys: [{ txid: made.hash, matches: false }] });
  });

  it.each<[string, object]>([
    ['an account that is merged into the wallet', { type: 'account_merge', account: USER, into: WALLET }],
    ['a balance to be claimed', { type: 'create_claimable_balance', asset: 'native', amount: '4.2500000' }],
    ['a balance that is claimed', { type: 'claim_claimable_balance', balance_id: '00', claimant: WALLET }],
    [
      'an exchange of the coin for something else',
      { type: 'path_payment_strict_send', asset_type: 'credit_alphanum4', source_asset_type: 'native', ...right },
    ],
    ['something that nobody knows yet', { type: 'teleport_coin' }],
  ])('says neither that there is none nor which, where its memo comes with %s', async (_what, operation) => {
    const made = horizon.add({ ...right, operations: [operation] });
    expect(await search()).toMatchObject({ state: 'hidden', txids: [made.hash], error: { kind: 'bad_response' } });
    horizon.transactions.length = 0;
    const plain = { type: 'payment', asset_type: 'native', ...right };
    horizon.add({ ...right, operations: [plain, operation] });
    expect(await search()).toMatchObject({ state: 'hidden', decoys: [{ matches: false }] });
    const match = horizon.add(right);
    expect(await search()).toMatchObject({ state: 'match', transaction: { txid: match.hash } });
  });

  it('says neither of one that its row calls successful and its operations call failed', async () => {
    const plain = { type: 'payment', asset_type: 'native', ...right };
    const failed = { ...right, operations: [{ ...plain, transaction_successful: false }] };
    const made = horizon.add(failed);
    expect(await search()).toMatchObject({ state: 'hidden', txids: [made.hash], error: { kind: 'bad_response' } });
    horizon.transactions.length = 0;
    // Where its row does not say, its operations do.
    horizon.add({ ...failed, successful: null });
    expect(await search()).toEqual({ state: 'none', decoys: [] });
  });

  it('takes a balance of another asset that is to be claimed for nothing', async () => {
    horizon.add({
      ...right,
      operations: [{ type: 'create_claimable_balance', asset: `ABC:${STRANGER}`, amount: '4.25' }],
    });
    expect(await search()).toEqual({ state: 'none', decoys: [] });
  });

  it.each<[string, Record<string, unknown>]>([
    ['is an hour behind', { history_latest_ledger_closed_at: new Date(Date.now() - 3_600_000).toISOString() }],
    ['is three minutes behind', { history_latest_ledger_closed_at: new Date(Date.now() - 180_000).toISOString() }],
    ['is an hour ahead', { history_latest_ledger_closed_at: new Date(Date.now() + 3_600_000).toISOString() }],
    ['does not say how far it is', { history_latest_ledger_closed_at: undefined }],
    ['says it in no date', { history_latest_ledger_closed_at: 'just now' }],
    ['has dropped the beginning of its history', { history_elder_ledger: 19_990 }],
    ['does not say where its history begins', { history_elder_ledger: undefined }],
    ['has none of its history yet', { history_elder_ledger: 0 }],
  ])('proves nothing by an empty search when the ledger %s', async (_what, root) => {
    Object.assign(horizon.root, root);
    horizon.add({ ...right, memo: 'another' });
    const error = { kind: 'unavailable', provider: 'ledger', operation: 'getNetwork' };
    expect(await search()).toMatchObject({ state: 'unavailable', error });
    expect(await search({ networkPassphrase: null })).toMatchObject({ state: 'unavailable', error });
    const match = horizon.add(right);
    expect(await search()).toMatchObject({ state: 'match', transaction: { txid: match.hash } });
  });

  it('believes an empty search of a ledger that keeps only what is newer, when it has seen older rows', async () => {
    horizon.root['history_elder_ledger'] = 19_990;
    horizon.add({ ...right, createdAt: '2026-03-08T07:41:18Z' });
    horizon.add({ ...right, memo: 'another' });
    expect(await search()).toEqual({ state: 'none', decoys: [] });
    horizon.root['history_latest_ledger_closed_at'] = '2026-03-09T08:00:00Z';
    expect(await search()).toMatchObject({ state: 'unavailable' });
  });

  it('asks the ledger how far it reaches before each walk, and once', async () => {
    const created = provider.create();
    const look = () => created.open({ deadline: monotonicNow() + 5_000 });
    expect(await look().search(paid)).toMatchObject({ state: 'none' });
    horizon.root['history_latest_ledger_closed_at'] = '2026-03-09T08:00:00Z';
    const session = look();
    for (const paymentId of ['p1', 'p2']) expect(await session.search({ ...paid, paymentId })).toHaveProperty('error');
    expect(horizon.seen().filter((path) => path === '/')).toHaveLength(2);
    expect(horizon.seen()[0]).toBe('/');
  });

  it('takes the payment that opens a wallet, in the history of the wallet that pays', async () => {
    const operations = [{ type: 'create_account', funder: WALLET, account: USER, starting_balance: '4.2500000' }];
    const made = horizon.add({ from: WALLET, to: USER, amount: '4.25', memo: 'created-bread', operations });
    const payout = { direction: 'APP_TO_USER', fromAddress: WALLET, toAddress: USER } as const;
    expect(await search(payout)).toMatchObject({ state: 'match', transaction: { txid: made.hash, from: WALLET } });
    expect(horizon.seen()[1]).toBe(`/accounts/${WALLET}/transactions`);
  });

  it('reads back to a day before the payment, and no further', async () => {
    fill(300, '2026-03-08T07:41:18Z');
    expect(await search()).toEqual({ state: 'none', decoys: [] });
    expect(horizon.seen()).toHaveLength(2);
  });

  it('ends at ten pages, and at twenty transactions with the memo', async () => {
    fill(2_001);
    expect(await search()).toEqual({ state: 'cut off' });
    expect(horizon.seen()).toHaveLength(11);
    horizon.transactions.length = 0;
    for (let index = 0; index < 21; index += 1) horizon.add({ ...right, amount: '0.0000001' });
    expect(await search()).toEqual({ state: 'cut off' });
  });

  it('does not take a short page for the end', async () => {
    const match = horizon.add(right);
    fill(60);
    horizon.intercept(({ query }) => void (query.get('limit') === '200' && query.set('limit', '7')));
    expect(await search()).toMatchObject({ state: 'match', transaction: { txid: match.hash } });
  });

  it('reads what Pi has linked, where the history does not show it', async () => {
    const match = horizon.add({ ...right, from: USER, to: WALLET });
    horizon.intercept(({ path }) =>
      path.startsWith('/accounts/') ? { body: { _embedded: { records: [] } } } : undefined,
    );
    expect(await search({ transaction: { txid: match.hash.toUpperCase() } })).toMatchObject({ state: 'match' });
    expect(await search({ transaction: { txid: 'ef'.repeat(32) } })).toMatchObject({ state: 'unavailable' });
  });

  it('says that another network is another, whatever is found there', async () => {
    horizon.add(right);
    expect(await search({ networkPassphrase: 'Pi Network' })).toEqual({ state: 'other network' });
    expect(await search({ networkPassphrase: null })).toMatchObject({ state: 'match' });
  });

  it('asks nothing about wallets that Pi does not name', async () => {
    for (const toAddress of [null, '', 'wallet', '../accounts', `${WALLET}?`])
      expect(await search({ toAddress })).toEqual({ state: 'no address' });
    expect(horizon.seen().filter((path) => path !== '/')).toEqual([]);
  });

  it.each<[string, Parameters<FakeLedger['intercept']>[0], object]>([
    [
      'rows out of order',
      ({ query }) =>
        query.has('order')
          ? { body: records(['1', '2'], ['2026-03-09T08:00:00Z', '2026-03-09T09:00:00Z']) }
          : undefined,
      { reason: 'pagination_stuck' },
    ],
    [
      'one page for ever',
      ({ query }) => (query.has('order') ? { body: records(['2'], ['2026-03-09T09:00:00Z']) } : undefined),
      { reason: 'pagination_stuck' },
    ],
    [
      'a wallet that is not there',
      ({ query }) =>
        query.has('order') ? { status: 404, body: { type: 'https://x/horizon-errors/not_found' } } : undefined,
      { kind: 'not_found', upstreamCode: 'not_found' },
    ],
    [
      'a page of HTML as 404',
      ({ query }) => (query.has('order') ? { status: 404, body: '<html>' } : undefined),
      { kind: 'bad_response', reason: 'html' },
    ],
    ['429', () => ({ status: 429, headers: { 'retry-after': '60' }, body: '' }), { kind: 'rate_limited' }],
    [
      '401, though no credential is sent',
      () => ({ status: 401, body: { message: 'no key' } }),
      { kind: 'unavailable' },
    ],
    ['a page of 403', () => ({ status: 403, body: '<html>Attention</html>' }), { kind: 'unavailable' }],
    ['503', () => ({ status: 503, body: { type: 'https://x/horizon-errors/stale_history' } }), { kind: 'unavailable' }],
  ])('proves nothing by %s', async (_what, script, error) => {
    horizon.intercept(script);
    expect(await search({ networkPassphrase: null })).toMatchObject({ state: 'unavailable', error });
  });

  it('proves nothing when what a candidate did cannot be read', async () => {
    horizon.add(right);
    horizon.intercept(({ path }) =>
      path.endsWith('/operations') ? { body: { _embedded: { records: [] } } } : undefined,
    );
    expect(await search()).toMatchObject({ state: 'unavailable', error: { kind: 'bad_response' } });
  });
});

function records(tokens: readonly string[], times: readonly string[]): object {
  const row = (token: string, index: number) => ({
    hash: token.repeat(64),
    paging_token: token,
    created_at: times[index],
    memo_type: 'none',
  });
  return { _embedded: { records: tokens.map(row) } };
}

const folder = new URL('../../schema/upstream/ledger/examples/', import.meta.url);
const examples = readdirSync(folder).map((file) => ({
  name: file.replace(/\.json$/, ''),
  ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
    request: { path: string };
    response: { status: number; headers: Record<string, string>; body: unknown };
  }),
}));

/** What a search comes to when one of its calls is answered so. */
const outcomes: Readonly<Record<string, object>> = {
  'getAccountTransactions.ok': { state: 'match' },
  'getAccountTransactions.empty': { state: 'none' },
  'getAccountTransactions.other-memos': { state: 'none' },
  'getAccountTransactions.failed-transaction': { state: 'none' },
  'getAccountTransactions.bad-row': { error: { kind: 'bad_response', detail: 'records.0.created_at' } },
  'getAccountTransactions.no-records': { error: { kind: 'bad_response', reason: 'shape' } },
  'getAccountTransactions.not-found': { error: { kind: 'not_found' } },
  'getAccountTransactions.bad-account': { error: { kind: 'rejected', upstreamCode: 'bad_request' } },
  'getAccountTransactions.rate-limited': { error: { kind: 'rate_limited' } },
  'getAccountTransactions.stale-history': { error: { kind: 'unavailable', upstreamCode: 'stale_history' } },
  'getAccountTransactions.html-404': { error: { kind: 'bad_response', reason: 'html' } },
  'getAccountTransactions.gateway-page': { error: { kind: 'unavailable' } },
  'getTransaction.ok': { state: 'match' },
  'getTransaction.another': { error: { reason: 'identity_mismatch' } },
  'getTransaction.not-found': { error: { kind: 'not_found' } },
  'getTransfers.ok': { state: 'match' },
  'getTransfers.new-wallet': { state: 'match' },
  'getTransfers.other-asset': { state: 'none' },
  'getTransfers.no-transfer': { state: 'none' },
  // The history calls the very transaction successful.
  'getTransfers.failed': { state: 'hidden', error: { kind: 'bad_response' } },
  'getTransfers.not-there-yet': { error: { kind: 'bad_response', reason: 'shape' } },
  'getTransfers.another': { error: { reason: 'identity_mismatch' } },
  'getNetwork.ok': { state: 'match' },
  'getNetwork.no-passphrase': { error: { kind: 'bad_response', detail: 'network_passphrase' } },
};

describe('the examples', () => {
  it('have an outcome each', () => {
    expect(Object.keys(outcomes).toSorted()).toEqual(examples.map(({ name }) => name).toSorted());
  });

  it.each(examples.map((one) => [one.name, one] as const))('%s', async (name, { request, response }) => {
    const ok = (call: string) => examples.find((one) => one.name === call)?.response ?? {};
    const known = new Map(
      ['getAccountTransactions.ok', 'getTransfers.ok', 'getNetwork.ok', 'getTransaction.ok'].map((call) => [
        examples.find((one) => one.name === call)?.request.path ?? '',
        ok(call),
      ]),
    );
    // A linked transaction is read by itself where the history does not show it.
    const linked = name.startsWith('getTransaction.');
    horizon.intercept(({ url }) => {
      if (url === request.path) return response;
      if (url === '/') return { body: rootOf('Pi Testnet') };
      if (url.includes('cursor=') || (linked && url.includes('order=')))
        return { body: { _embedded: { records: [] } } };
      return known.get(url);
    });
    const txid = /transactions\/([0-9a-f]{64})$/.exec(request.path)?.[1] ?? '';
    expect(await search({ transaction: linked ? { txid } : null })).toMatchObject(outcomes[name] ?? {});
    expect(horizon.requests.map(({ url }) => url)).toContain(request.path);
  });
});
