import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fakeLedger, type FakeLedger } from '../support/fake-ledger.js';
import { closeAll, startPaymentsGraph, union, type PaymentsGraph, type Wire } from '../support/graph-payments.js';
import { flags } from '../providers/pi-support.js';

const WALLET = 'GCXC6QBLLO42GK2TA3445NLY6MHENLKXDGRHX3VCIOXBZ4RGKL3DIQP6';
const USER = 'GAG6JP4O2VF32FTUSVJCW4NURJ7DPMGZGM57OD72KLNPUWY556OFL53K';
const right = { from: USER, to: WALLET, amount: '4.2500000', memo: 'p1' };

let horizon: FakeLedger;
let graph: PaymentsGraph;
beforeAll(async () => {
  horizon = await fakeLedger('Pi Network');
  graph = await startPaymentsGraph({ PI_LEDGER_URL: horizon.url });
});
afterAll(async () => {
  await closeAll();
  await horizon.close();
});
afterEach(() => {
  horizon.transactions.length = 0;
  for (const key of Object.keys(horizon.root)) delete horizon.root[key];
  horizon.intercept(undefined);
  graph.pi.requests.length = 0;
});

interface Answer {
  readonly result: { readonly __typename: string; readonly reason?: string; readonly action?: string } | null;
}
const documents = {
  cancel:
    `mutation ($input: CancelPaymentInput!) { result: cancelPayment(input: $input) { ${union} ... on ` +
    'CancelPaymentPayload { payment { state } } } }',
  settle:
    `mutation ($input: SettlePaymentInput!) { result: settlePayment(input: $input) { ${union} ... on ` +
    'SettlePaymentPayload { action why payment { state } } } }',
};
const put = (changes: Wire = {}, id = 'p1') =>
  graph.pi.put(id, {
    amount: 4.25,
    direction: 'user_to_app',
    network: 'Pi Network',
    created_at: '2026-03-09T07:41:18.206Z',
    from_address: USER,
    to_address: WALLET,
    status: flags('developer_approved'),
    ...changes,
  });
const run = async (what: keyof typeof documents) => {
  const answer = await graph.query<Answer>(documents[what], { input: { paymentId: 'p1' } });
  return answer.data?.result ?? answer.errors?.[0]?.extensions['code'];
};
const posts = () => graph.pi.seen().filter((request) => request.startsWith('POST'));

describe('a payment that Pi shows no transaction of', () => {
  it('is completed by the one on the ledger, and not cancelled', async () => {
    put();
    const match = horizon.add(right);
    expect(await run('cancel')).toMatchObject({ __typename: 'ConflictError', reason: 'HAS_TRANSACTION' });
    expect(posts()).toEqual([]);
    expect(await run('settle')).toMatchObject({ action: 'COMPLETED' });
    expect(posts()).toEqual(['POST /payments/p1/complete']);
    expect(graph.pi.requests.at(-1)?.body).toContain(match.hash);
  });

  it('is the only one completed among 250, and the decoys of all are named', async () => {
    const add = (memo: string, amount: string) => horizon.add({ ...right, memo, amount }).hash;
    const traffic = (count: number) => {
      for (let index = 0; index < count; index += 1) add(`order-${horizon.transactions.length}`, '1.0000000');
    };
    for (const identifier of ['one-right', 'two-alike', 'paid-too-little']) put({}, identifier);
    traffic(122);
    const tooLittle = add('one-right', '0.0100000');
    const match = add('one-right', '4.2500000');
    const tooMuch = add('one-right', '425.0000000');
    const alike = [add('two-alike', '4.2500000'), add('two-alike', '4.2500000')];
    const alone = add('paid-too-little', '0.0100000');
    traffic(122);
    expect(horizon.transactions).toHaveLength(250);
    const settle = async (paymentId: string) => {
      const { data } = await graph.query<{ result: { action: string; why: string } }>(documents.settle, {
        input: { paymentId },
      });
      return data?.result;
    };
    const settled = await settle('one-right');
    expect(settled).toMatchObject({ action: 'COMPLETED' });
    for (const decoy of [tooLittle, tooMuch]) expect(settled?.why).toContain(decoy);
    const left = await settle('two-alike');
    expect(left).toMatchObject({ action: 'NONE' });
    for (const one of alike) expect(left?.why).toContain(one);
    expect(await settle('paid-too-little')).toMatchObject({
      action: 'NONE',
      why: expect.stringContaining(
        `${alone} with this payment's id, but it moved 0.01 Pi instead of 4.25 Pi. Trying again`,
      ),
    });
    expect(posts()).toEqual(['POST /payments/one-right/complete']);
    expect(graph.pi.requests.find(({ method }) => method === 'POST')?.body).toContain(match);
  });

  it('is left alone while two may be its, or one with another amount is there', async () => {
    for (const amounts of [['4.2500000', '4.2500000'], ['0.0100000']]) {
      put();
      for (const amount of amounts) horizon.add({ ...right, amount });
      expect(await run('settle')).toMatchObject({ action: 'NONE' });
      expect(await run('cancel')).toMatchObject({ reason: 'HAS_TRANSACTION' });
      horizon.transactions.length = 0;
    }
    expect(posts()).toEqual([]);
  });

  it('is neither settled nor cancelled while the ledger cannot be asked', async () => {
    put();
    horizon.intercept(() => ({ status: 503, body: '' }));
    expect(await run('settle')).toMatchObject({ action: 'NONE' });
    expect(await run('cancel')).toBe('UPSTREAM_UNAVAILABLE');
    expect(posts()).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['is an hour behind', { history_latest_ledger_closed_at: new Date(Date.now() - 3_600_000).toISOString() }],
    ['keeps the last minutes only', { history_elder_ledger: 19_990 }],
    ['does not say how far it reaches', { history_latest_ledger_closed_at: null, history_elder_ledger: null }],
  ])('is neither settled nor cancelled by a ledger that %s and shows none', async (_what, root) => {
    put();
    Object.assign(horizon.root, root);
    expect(await run('settle')).toMatchObject({
      action: 'NONE',
      why: expect.stringContaining('does not answer whole'),
    });
    expect(await run('cancel')).toBe('UPSTREAM_UNAVAILABLE');
    const { data, errors = [] } = await graph.query('{ ledgerTransaction(paymentId: "p1") { txid } }');
    expect([data, errors[0]?.extensions['code']]).toEqual([{ ledgerTransaction: null }, 'UPSTREAM_UNAVAILABLE']);
    expect(posts()).toEqual([]);
    horizon.add(right);
    await run('settle');
    expect(posts()).toEqual(['POST /payments/p1/complete']);
  });

  it.each<[string, Record<string, string>, readonly number[], string]>([
    ['another replica, an hour behind', { 'latest-ledger': '19280' }, [0], 'up to now'],
    ['a cache of an hour ago', { age: '3600' }, [0], 'up to now'],
    ['a list of the oldest first', {}, [0, 1], 'out of order'],
    ['a list with one row twice', {}, [1, 1, 0], 'twice'],
  ])('is neither settled nor cancelled by %s that shows none', async (_what, headers, order, why) => {
    const memos = ['older', 'old', 'p1'].map((memo, index) => {
      const createdAt = `2026-03-0${index * 2 + 5}T09:00:00Z`;
      return { ...horizon.add({ ...right, memo, createdAt }), memo, paging_token: `${index}`, created_at: createdAt };
    });
    const rows = (places: readonly number[]) => places.map((place) => ({ memo_type: 'text', ...memos[place] }));
    const answer = (places: readonly number[]) =>
      horizon.intercept(({ path, query }) => {
        if (!path.startsWith('/accounts/')) return undefined;
        return { headers, body: { _embedded: { records: query.has('cursor') ? [] : rows(places) } } };
      });
    put();
    answer(order);
    expect(await run('settle')).toMatchObject({ action: 'NONE', why: expect.stringContaining(why) });
    expect(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_INVALID_RESPONSE']).toContain(await run('cancel'));
    const { data, errors = [] } = await graph.query('{ ledgerTransaction(paymentId: "p1") { txid } }');
    expect([data, errors[0]?.extensions['provider']]).toEqual([{ ledgerTransaction: null }, 'ledger']);
    expect(posts()).toEqual([]);
    // The very answer, with the payment's row in it.
    answer([...order, 2]);
    expect(await run('cancel')).toMatchObject({ reason: 'HAS_TRANSACTION' });
    await run('settle');
    expect(posts()).toEqual(['POST /payments/p1/complete']);
  });

  it.each(['settle', 'cancel'] as const)(
    'is cancelled by %s when it was never approved, and the ledger fails',
    async (what) => {
      put({ status: flags() });
      horizon.intercept(() => ({ status: 500, body: {} }));
      await run(what);
      expect(posts()).toEqual(['POST /payments/p1/cancel']);
    },
  );

  it.each<[string, object, unknown]>([
    ['an exchange', { type: 'path_payment_strict_receive', asset_type: 'native', ...right }, undefined],
    ['an account merged', { type: 'account_merge', account: USER, into: WALLET }, 'UPSTREAM_INVALID_RESPONSE'],
    [
      'one that its row calls successful, and its operations call failed,',
      { type: 'payment', asset_type: 'native', ...right, transaction_successful: false },
      'UPSTREAM_INVALID_RESPONSE',
    ],
    ['a balance to claim', { type: 'create_claimable_balance', asset: 'native' }, 'UPSTREAM_INVALID_RESPONSE'],
  ])('is left alone when %s carries its memo', async (_what, operation, code) => {
    put();
    const made = horizon.add({ ...right, operations: [operation] });
    expect(await run('settle')).toMatchObject({ action: 'NONE', why: expect.stringContaining(made.hash) });
    expect(await run('cancel')).toMatchObject({ reason: 'HAS_TRANSACTION' });
    const { data, errors = [] } = await graph.query('{ ledgerTransaction(paymentId: "p1") { txid matches } }');
    const shown = code === undefined ? { txid: made.hash, matches: false } : null;
    expect([data, errors[0]?.extensions['code']]).toEqual([{ ledgerTransaction: shown }, code]);
    expect(posts()).toEqual([]);
  });

  it('is cancelled when the ledger answers whole and knows none', async () => {
    put();
    expect(await run('settle')).toMatchObject({ action: 'CANCELLED' });
    put();
    expect(await run('cancel')).toMatchObject({ __typename: 'CancelPaymentPayload' });
    expect(posts()).toEqual(['POST /payments/p1/cancel', 'POST /payments/p1/cancel']);
  });
});
