import { StrKey } from '@stellar/stellar-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPi, type PiPart } from '../../src/sandbox/pi/index.js';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { signPayment, type Signing } from '../support/sign-payment.js';
import { caller, type SandboxCaller } from '../support/start-sandbox.js';

let now: number;
let part: PiPart;
let ledger: SandboxCaller;
let pi: SandboxCaller;
let browser: SandboxCaller;
beforeEach(async () => {
  now = Date.UTC(2026, 2, 9, 12);
  part = await startPi({ now: () => now, speed: 1 });
  ledger = caller(part.settings['PI_LEDGER_URL'] ?? '');
  pi = caller(part.settings['PI_BASE_URL'] ?? '', { authorization: `Key ${part.settings['PI_API_KEY']}` });
  browser = caller(part.examples?.['PI_BROWSER_URL'] ?? '', { authorization: `Bearer ${part.examples?.['PI_TOKEN']}` });
});
afterEach(() => part.close());

interface Payment {
  readonly identifier: string;
  readonly to_address: string;
  readonly from_address: string;
  readonly amount: number;
  readonly status: Readonly<Record<string, boolean>>;
  readonly transaction: { readonly txid: string; readonly verified: boolean } | null;
}
const get = async (id: string) => (await pi('GET', `/payments/${id}`)).json as Payment;
const payOut = async (memo: string, amount = 1.5) =>
  (await pi('POST', '/payments', { payment: { amount, memo, metadata: {}, uid: piUsers.juniper.uid } }))
    .json as Payment;
async function sign(payment: Payment, changes: Partial<Signing> = {}) {
  const account = await ledger('GET', `/accounts/${part.wallet.address}`);
  const { sequence } = account.json as { readonly sequence: string };
  return signPayment(part, {
    to: payment.to_address,
    amount: String(payment.amount),
    memo: payment.identifier,
    after: sequence,
    ...changes,
  });
}
const send = (form: string) =>
  ledger('POST', '/transactions', form, { 'content-type': 'application/x-www-form-urlencoded' });
const refusal = (transaction: string, operations?: readonly string[]) => ({
  status: 400,
  json: { extras: { result_codes: { transaction, ...(operations ? { operations } : {}) } } },
});

describe('the ledger of the sandbox', () => {
  it('has real keys, the same at every start', async () => {
    expect(part.wallet.address).toBe('GCM2LBVGXNZPA4BDFJJEO4LUT7RO4WE366MTR46R57X64QNX3KQLRYEJ');
    expect(StrKey.isValidEd25519SecretSeed(part.wallet.seed)).toBe(true);
    const { from_address: user } = await get('created-bread');
    expect(StrKey.isValidEd25519PublicKey(user)).toBe(true);
    expect((await get('verified-squash')).transaction?.txid).toBe(
      '6cf4439a29c9ad7ebc7edfbe38a17d7c0d9fad2de7ac5dbcd5971c4e9cd5ec60',
    );
  });

  it('takes a signed payout, once, and Pi moves the payment on', async () => {
    const payment = await payOut('Help');
    const { txid, form } = await sign(payment);
    expect(await send(form)).toMatchObject({ status: 200, json: { hash: txid, memo: payment.identifier } });
    expect(await send(form)).toMatchObject({ status: 200, json: { hash: txid } });
    expect((await get(payment.identifier)).transaction).toBeNull();
    now += 3_000;
    expect(await get(payment.identifier)).toMatchObject({
      status: { transaction_verified: true, developer_completed: false },
      transaction: { txid, verified: true },
    });
    expect(await pi('POST', `/payments/${payment.identifier}/complete`, { txid })).toMatchObject({ status: 200 });
    expect(await ledger('GET', `/transactions/${txid}/operations`)).toMatchObject({
      json: { _embedded: { records: [{ type: 'payment', amount: '1.5000000', to: payment.to_address }] } },
    });
  });

  it.each([
    ['another network', { passphrase: 'Pi Network' }, refusal('tx_bad_auth')],
    ['a number that was used', { after: '1' }, refusal('tx_bad_seq')],
    ['time bounds that are over', { maxTime: 1_700_000_000 }, refusal('tx_too_late')],
    ['too small a fee', { fee: '100' }, refusal('tx_insufficient_fee')],
    ['more than the wallet has', { amount: '20000' }, refusal('tx_failed', ['op_underfunded'])],
  ])('refuses %s', async (_what, changes, expected) => {
    const { form } = await sign(await payOut('Help'), changes);
    expect(await send(form)).toMatchObject(expected);
  });

  it('refuses what is no payment', async () => {
    expect(await send('tx=AAAA')).toMatchObject({
      status: 400,
      json: { type: expect.stringMatching(/transaction_malformed$/) },
    });
  });

  it.each([
    ['another memo', { memo: 'something-else' }, 'tx_memo_payment_identifier_mismatch'],
    ['another amount', { amount: '0.01' }, 'tx_amount_mismatch'],
  ])('takes a payment with %s, as the real one does, and Pi refuses it', async (_what, changes, verification_error) => {
    const payment = await payOut('Help');
    const { txid, form } = await sign(payment, changes);
    expect(await send(form)).toMatchObject({ status: 200 });
    now += 10_000;
    expect((await get(payment.identifier)).transaction).toBeNull();
    expect(await pi('POST', `/payments/${payment.identifier}/complete`, { txid })).toMatchObject({
      json: { error: 'verification_failed', verification_error },
    });
  });

  it('loses one answer, refuses once as too late, and shows nothing, as the name of the payment says', async () => {
    const lost = await payOut('Lost answer, please');
    const first = await sign(lost);
    await expect(send(first.form)).rejects.toThrow('fetch failed');
    expect(await ledger('GET', `/transactions/${first.txid}`)).toMatchObject({ status: 200 });
    await pi('POST', `/payments/${lost.identifier}/complete`, { txid: first.txid });

    const late = await payOut('Comes too late');
    const second = await sign(late);
    expect(await send(second.form)).toMatchObject(refusal('tx_too_late'));
    expect(await send(second.form)).toMatchObject({ status: 200 });
    await pi('POST', `/payments/${late.identifier}/complete`, { txid: second.txid });

    const unseen = await payOut('Unseen');
    const third = await sign(unseen);
    await send(third.form);
    now += 60_000;
    expect((await get(unseen.identifier)).transaction).toBeNull();
    expect(await pi('POST', `/payments/${unseen.identifier}/complete`, { txid: third.txid })).toMatchObject({
      json: { status: { developer_completed: true } },
    });
  });

  it('turns pages by cursor, newest first', async () => {
    const path = `/accounts/${part.wallet.address}/transactions?order=desc&limit=2`;
    const rows: { readonly hash: string; readonly paging_token: string; readonly created_at: string }[] = [];
    for (let cursor = ''; ; cursor = rows.at(-1)?.paging_token ?? '') {
      const { json } = await ledger('GET', `${path}&cursor=${cursor}`);
      const { records } = (json as { readonly _embedded: { readonly records: typeof rows } })._embedded;
      if (records.length === 0) break;
      rows.push(...records);
    }
    expect(rows.length).toBeGreaterThan(6);
    expect(new Set(rows.map(({ hash }) => hash)).size).toBe(rows.length);
    expect(rows.map((row) => row.created_at)).toEqual(
      rows
        .map((row) => row.created_at)
        .toSorted()
        .toReversed(),
    );
  });
});

describe("payments from a user's browser", () => {
  it('go through the whole flow, one at a time', async () => {
    expect(await caller(part.examples?.['PI_BROWSER_URL'] ?? '')('POST', '', {})).toMatchObject({ status: 401 });
    const open = async (memo: string) =>
      (await browser('POST', '', { amount: 2, memo, metadata: { order: 1 } })).json as Payment;
    const dropped = await open('A first try');
    const payment = await open('Unseen by Pi');
    expect(await get(dropped.identifier)).toMatchObject({ status: { cancelled: true } });
    await pi('POST', `/payments/${payment.identifier}/approve`, {});
    now += 6_000;
    expect(await get(payment.identifier)).toMatchObject({ transaction: null });
    expect(await open('Another')).toMatchObject({ error: 'ongoing_payment_found' });
    expect(await browser('GET', '')).toMatchObject({ json: { payments: [{}, {}] } });
    const { json } = await ledger('GET', `/accounts/${part.wallet.address}/transactions?order=desc&limit=1`);
    const [row] = (json as { readonly _embedded: { readonly records: readonly { readonly hash: string }[] } })._embedded
      .records;
    expect(await pi('POST', `/payments/${payment.identifier}/complete`, { txid: row?.hash })).toMatchObject({
      json: { status: { developer_completed: true } },
    });
  });
});
