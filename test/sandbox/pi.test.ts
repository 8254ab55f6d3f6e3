import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { createHttp } from '../../src/upstream/client.js';
import { silentLogger } from '../../src/log.js';
import { pi } from '../../src/providers/pi/index.js';
import type { PaymentInput } from '../../src/providers/pi/model.js';
import type { Pi, PiSession } from '../../src/providers/pi/session.js';
import { adIds } from '../../src/sandbox/pi/ads.js';
import { signPayment } from '../support/sign-payment.js';
import { startPi, type PiPart } from '../../src/sandbox/pi/index.js';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { createSettingsReader } from '../../src/settings.js';
import type { Attempt } from '../../src/writes/writes.js';
import { caller, type SandboxCaller } from '../support/start-sandbox.js';

let now: number;
let part: PiPart;
let provider: Pi;
let session: PiSession;
let raw: SandboxCaller;
let close: () => Promise<void>;

beforeEach(async () => {
  now = Date.now();
  part = await startPi({ now: () => now, speed: 1 });
  const times = { upstreamTimeoutMs: 1_000, writeTimeoutMs: 1_000 };
  const http = createHttp(
    {
      ...times,
      connectTimeoutMs: 500,
      breakerWindowMs: 10_000,
      breakerMinRequests: 100,
      breakerSleepMs: 100,
      upstreamConcurrency: 20,
      upstreamMaxBytes: 1_000_000,
    },
    { log: silentLogger },
  );
  provider = pi.create(pi.readConfig(createSettingsReader(part.settings)), {
    http,
    log: silentLogger,
    readbackDelayMs: 10,
    ...times,
  });
  session = open();
  raw = caller(part.settings['PI_BASE_URL'] ?? '', { authorization: `Key ${part.settings['PI_API_KEY']}` });
  close = async () => {
    await http.close();
    await part.close();
  };
});
afterEach(() => close());

const scope = () => ({ deadline: monotonicNow() + 5_000 });
const open = () =>
  provider.open({ source: 'server', fingerprint: 'fp', fields: { apiKey: provider.apiKey ?? '' } }, scope());
const identify = (token: string) =>
  provider.identify({ source: 'caller', fingerprint: 'fp', fields: { token } }, scope());
const attempt = (marker: string): Attempt => ({ marker, startedAt: Date.now(), keyed: true, sent: async () => {} });
const payout: PaymentInput = {
  userUid: piUsers.juniper.uid,
  amount: '0.0000001',
  memo: 'Help with the fence',
  metadata: { order: 1 },
};
const code = (upstreamCode: string) => ({ kind: 'conflict', upstreamCode });
const TXID = 'ab'.repeat(32);
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const ledger: SandboxCaller = (...request) => caller(part.settings['PI_LEDGER_URL'] ?? '')(...request);
const sequence = async () =>
  ((await ledger('GET', `/accounts/${part.wallet.address}`)).json as { readonly sequence: string }).sequence;

describe('the Pi sandbox behind the provider', () => {
  it('knows its two users by token, for a day', async () => {
    for (const { uid, username, scopes, token } of part.users)
      expect(await identify(token)).toMatchObject({ uid, username, scopes });
    expect(part.users).toHaveLength(2);
    await expect(identify('stranger')).rejects.toMatchObject({ kind: 'unauthorized', status: 401 });
    now += 86_400_000;
    await expect(identify(part.users[0]?.token ?? '')).rejects.toMatchObject({ kind: 'unauthorized' });
  });

  it.each([
    ['completed-seedlings', 'COMPLETED'],
    ['completed-honey', 'COMPLETED'],
    ['payout-completed', 'COMPLETED'],
    ['payout-cancelled', 'CANCELLED'],
    ['cancelled-by-app', 'CANCELLED'],
    ['cancelled-by-user', 'CANCELLED'],
    ['submitted-wrong-memo', 'SUBMITTED'],
    ['submitted-apples', 'SUBMITTED'],
    ['verified-squash', 'VERIFIED'],
    ['approved-eggs', 'APPROVED'],
    ['created-flowers', 'CREATED'],
    ['created-candles', 'CREATED'],
  ])('holds %s, %s', async (id, state) => {
    expect(await session.payment(id)).toMatchObject({ paymentId: id, state, network: 'TESTNET' });
  });

  it('answers null for a payment that it does not know', async () => {
    expect(await session.payment('nobody-knows')).toBeNull();
  });

  it('lets a user pay what was approved: signed, confirmed, completed', async () => {
    expect(await session.approve('created-bread')).toMatchObject({ state: 'APPROVED', transaction: null });
    await expect(session.complete('created-bread', TXID)).rejects.toMatchObject(code('not_verified'));
    now += 3_000;
    const signed = await open().payment('created-bread');
    expect(signed).toMatchObject({ state: 'SUBMITTED', transaction: { verified: false } });
    await expect(session.cancel('created-bread')).rejects.toMatchObject({
      kind: 'conflict',
      payment: { state: 'SUBMITTED' },
    });
    now += 3_000;
    expect(await open().payment('created-bread')).toMatchObject({ state: 'VERIFIED', transaction: { verified: true } });
    expect(await session.complete('created-bread', signed?.transaction?.txid ?? '')).toMatchObject({
      state: 'COMPLETED',
    });
    expect(await session.approve('created-bread')).toMatchObject({ state: 'COMPLETED' });
  });

  it('refuses in the words of the Platform API', async () => {
    await expect(session.complete('created-flowers', TXID)).rejects.toMatchObject(code('not_verified'));
    await expect(session.complete('submitted-apples', TXID)).rejects.toMatchObject({
      kind: 'conflict',
      payment: { state: 'SUBMITTED' },
    });
    const wrong = await session.payment('submitted-wrong-memo');
    await expect(session.complete('submitted-wrong-memo', wrong?.transaction?.txid ?? '')).rejects.toMatchObject({
      ...code('verification_failed'),
      detail: 'tx_memo_payment_identifier_mismatch',
    });
    await expect(session.approve('cancelled-by-user')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(session.approve('nobody-knows')).rejects.toMatchObject({ kind: 'not_found' });
    expect(await session.cancel('created-cheese')).toMatchObject({ state: 'CANCELLED', status: { cancelled: true } });
    expect(await session.cancel('created-cheese')).toMatchObject({ state: 'CANCELLED' });
  });

  it('has one open payout at a time', async () => {
    expect(await session.incompleteServerPayments()).toEqual([]);
    const first = await session.create(payout, attempt('m-1'));
    expect(first).toMatchObject({
      state: 'APPROVED',
      amount: '0.0000001',
      direction: 'APP_TO_USER',
      marker: 'm-1',
      metadata: { order: 1 },
    });
    expect(await session.create(payout, attempt('m-1'))).toEqual(first);
    expect(await session.findCreated(payout, attempt('m-1'))).toEqual(first);
    expect(await session.incompleteServerPayments()).toEqual([first]);
    await expect(session.create(payout, attempt('m-2'))).rejects.toMatchObject({
      ...code('ongoing_payment_found'),
      payment: { paymentId: first.paymentId },
    });
    const paid = await session.payment('completed-seedlings');
    await expect(session.complete(first.paymentId, paid?.transaction?.txid ?? '')).rejects.toMatchObject({
      detail: 'payment_already_linked_with_a_tx',
    });
    await expect(session.complete(first.paymentId, TXID)).rejects.toMatchObject(code('not_verified'));
    const { txid, form } = signPayment(part, {
      to: first.toAddress ?? '',
      amount: first.amount,
      memo: first.paymentId,
      after: await sequence(),
    });
    expect(await ledger('POST', '/transactions', form, FORM)).toMatchObject({ status: 200 });
    expect(await session.complete(first.paymentId, txid)).toMatchObject({
      state: 'COMPLETED',
      transaction: { txid, verified: true },
    });
    expect(await session.incompleteServerPayments()).toEqual([]);
    const second = await session.create(payout, attempt('m-2'));
    expect(await session.cancel(second.paymentId)).toMatchObject({ state: 'CANCELLED' });
    expect(await session.incompleteServerPayments()).toEqual([]);
  });

  it.each([
    [{ userUid: piUsers.marlow.uid }, 'rejected', 'missing_scope'],
    [{ userUid: 'stranger' }, 'not_found', 'user_not_found'],
  ])('pays nothing out to %j', async (changes, kind, upstreamCode) => {
    await expect(session.create({ ...payout, ...changes }, attempt('m-1'))).rejects.toMatchObject({
      kind,
      upstreamCode,
    });
    expect(await session.incompleteServerPayments()).toEqual([]);
  });

  it('has an ad for every answer, and one that changes', async () => {
    const ads = await Promise.all(adIds.map((id) => session.rewardedAd(id)));
    expect(ads.map((ad) => ad?.mediatorAckStatus)).toEqual(['GRANTED', 'REVOKED', 'FAILED', null, null]);
    expect(ads.map((ad) => ad?.rewardable)).toEqual([true, false, false, false, false]);
    now += 20_000;
    expect(await open().rewardedAd('ad-soon')).toMatchObject({ rewardable: true });
    expect(await session.rewardedAd('ad-unheard-of')).toBeNull();
  });

  it('answers a ping', async () => {
    await provider.ping('pi', scope());
  });
});

describe('the Pi sandbox itself', () => {
  it('opens nothing with the wrong kind of credential', async () => {
    const token = part.users[0]?.token ?? '';
    expect(await raw('GET', '/me')).toMatchObject({ status: 401, text: '' });
    for (const authorization of ['', 'Key wrong', `Bearer ${token}`, provider.apiKey ?? '']) {
      expect(await raw('GET', '/payments/created-bread', undefined, { authorization })).toMatchObject({
        status: 401,
        json: { error: 'unauthorized' },
      });
    }
  });

  it.each([
    [undefined, 'invalid_arguments'],
    [{ amount: 1, memo: 'm', metadata: {}, uid: 'u' }, 'invalid_arguments'],
    [{ payment: { amount: '1', memo: 'm', metadata: {}, uid: 'u' } }, 'invalid_amount'],
    [{ payment: { amount: 0, memo: 'm', metadata: {}, uid: 'u' } }, 'invalid_amount'],
    [{ payment: { amount: 1e-8, memo: 'm', metadata: {}, uid: 'u' } }, 'invalid_amount'],
    [{ payment: { amount: 1, memo: 'm', metadata: [], uid: 'u' } }, 'invalid_metadata'],
  ])('refuses the payout %j', async (body, error) => {
    expect(await raw('POST', '/payments', body)).toMatchObject({ status: 400, json: { error } });
  });

  it('refuses what the gateway would not send', async () => {
    expect(await raw('POST', '/payments/submitted-apples/complete', {})).toMatchObject({
      status: 400,
      json: { error: 'missing_txid' },
    });
    expect(await raw('POST', '/payments/submitted-apples/complete', { txid: TXID })).toMatchObject({
      json: { error: 'txid_mismatch' },
    });
    expect(await raw('POST', '/payments/completed-seedlings/complete', { txid: TXID })).toMatchObject({
      json: { error: 'already_completed' },
    });
    expect(await raw('POST', '/payments/completed-seedlings/cancel', {})).toMatchObject({
      json: { error: 'already_completed', payment: { identifier: 'completed-seedlings' } },
    });
    expect(await raw('POST', '/payments/cancelled-by-app/approve', {})).toMatchObject({
      json: { error: 'cancelled_payment' },
    });
    expect(await raw('POST', '/payments/verified-squash/cancel', {})).toMatchObject({
      json: { error: 'payment_tx_present' },
    });
    expect(await raw('GET', '/nowhere')).toMatchObject({ status: 404, json: { error: 'not_found' } });
  });

  it('skips every wait at infinite speed', async () => {
    const fast = await startPi({ now: () => now, speed: Infinity });
    try {
      const ask = caller(fast.settings['PI_BASE_URL'] ?? '', { authorization: `Key ${fast.settings['PI_API_KEY']}` });
      expect(await ask('POST', '/payments/created-bread/approve', {})).toMatchObject({
        json: { status: { transaction_verified: true } },
      });
      expect(await ask('GET', '/ads_network/status/ad-soon')).toMatchObject({
        json: { mediator_ack_status: 'granted' },
      });
    } finally {
      await fast.close();
    }
  });
});
