import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { createHttp } from '../../src/upstream/client.js';
import type { CallScope } from '../../src/upstream/http.js';
import { silentLogger } from '../../src/log.js';
import { createPiClient, type PiClient } from '../../src/providers/pi/client.js';
import { PaymentConflict, type PaymentInput } from '../../src/providers/pi/model.js';
import { API_KEY, example, examples, upstreamError, type Example } from './pi-support.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';

let upstream: FakeUpstream;
let client: PiClient;
let close: () => Promise<void>;
const scope = (): CallScope => ({ fingerprint: 'fp', credential: 'server', deadline: monotonicNow() + 5_000 });

beforeAll(async () => {
  upstream = await fakeUpstream(() => ({ status: 500 }));
  const http = createHttp(
    {
      connectTimeoutMs: 500,
      upstreamTimeoutMs: 1_000,
      writeTimeoutMs: 1_000,
      breakerWindowMs: 10_000,
      breakerMinRequests: 1_000,
      breakerSleepMs: 100,
      upstreamConcurrency: 100,
      upstreamMaxBytes: 1_000_000,
    },
    { log: silentLogger, random: () => 0 },
  );
  client = createPiClient(http.client({ provider: 'pi', baseUrl: `${upstream.url}/v2` }), undefined, silentLogger);
  close = async () => {
    await http.close();
    await upstream.close();
  };
});
afterAll(() => close());

const TXID = (example('completePayment.ok').request.body as { txid: string }).txid;
const PAYOUT: PaymentInput = {
  userUid: 'e2f4a6c8-1357-49bd-8ace-024681357bdf',
  amount: '0.1234567',
  memo: 'Thank you for the harvest',
  metadata: { season: 'autumn' },
};

/** Makes the call that an example is about, and has the example answer it. */
async function play({ name, request, response }: Example): Promise<unknown> {
  upstream.requests.length = 0;
  upstream.answer(() => ({ status: response.status, headers: response.headers, body: response.body }));
  const id = request.path.split('/')[2] ?? '';
  switch (name.split('.')[0]) {
    case 'getMe':
      return client.getMe({ ...scope(), credential: 'caller' }, 'user-token');
    case 'getPayment':
      return client.getPayment(scope(), API_KEY, id);
    case 'approvePayment':
      return client.approvePayment(scope(), API_KEY, id);
    case 'completePayment':
      return client.completePayment(scope(), API_KEY, id, TXID);
    case 'cancelPayment':
      return client.cancelPayment(scope(), API_KEY, id);
    case 'createPayment':
      return client.createPayment(scope(), API_KEY, PAYOUT, 'hg-41c6a2f09d');
    case 'getIncompleteServerPayments':
      return client.getIncompleteServerPayments(scope(), API_KEY);
    case 'getRewardedAdStatus':
      return client.getRewardedAdStatus(scope(), API_KEY, request.path.split('/')[3] ?? '');
    default:
      throw new Error(`no operation for ${name}`);
  }
}

/** What each example is understood as: fields of the model, or of the error. */
const meanings: Readonly<Record<string, object>> = {
  'getMe.ok': {
    uid: '5b0c7e14-92d8-4a6f-8c3b-0f6f1d2a9e77',
    username: 'juniper_hollow',
    scopes: ['username', 'payments', 'wallet_address'],
    tokenValidUntil: { text: '2098-12-31T23:59:59Z' },
    walletAddress: null,
    appId: null,
  },
  'getMe.undocumented-fields': {
    username: null,
    appId: 'hollow-creek',
    tokenValidUntil: { text: '2098-12-31T23:59:59.123Z' },
    walletAddress: expect.stringMatching(/^G/),
  },
  'getMe.bad-token': { kind: 'unauthorized', credential: 'caller' },
  'getPayment.created': {
    paymentId: 'Kq3vT0nSe8Lw2YbXc5Rj7HdZm1Pf',
    amount: '4.25',
    metadata: { order: { number: 5127, lines: ['apples', 3] }, gift: false },
    marker: null,
    direction: 'USER_TO_APP',
    network: 'MAINNET',
    state: 'CREATED',
    transaction: null,
    createdAt: { text: '2026-03-09T07:41:18.206Z' },
  },
  'getPayment.approved': { state: 'APPROVED' },
  'getPayment.submitted': {
    state: 'SUBMITTED',
    transaction: { txid: TXID, verified: false, link: `https://api.mainnet.minepi.com/transactions/${TXID}` },
  },
  'getPayment.verified': { state: 'VERIFIED' },
  'getPayment.completed': {
    state: 'COMPLETED',
    status: {
      developerApproved: true,
      transactionVerified: true,
      developerCompleted: true,
      cancelled: false,
      userCancelled: false,
    },
  },
  'getPayment.cancelled-by-user': { state: 'CANCELLED' },
  'getPayment.payout': {
    direction: 'APP_TO_USER',
    network: 'TESTNET',
    toAddress: null,
    metadata: { season: 'autumn' },
    marker: 'hg-41c6a2f09d',
    amount: '0.1234567',
  },
  'getPayment.sparse': {
    direction: 'UNKNOWN',
    network: null,
    fromAddress: null,
    toAddress: null,
    metadata: {},
    transaction: null,
    state: 'APPROVED',
  },
  'getPayment.not-found': { kind: 'not_found', upstreamCode: 'payment_not_found' },
  'getPayment.html-error': { kind: 'unavailable', status: 500 },
  'getPayment.bad-key': { kind: 'unauthorized', credential: 'server' },
  'approvePayment.ok': { state: 'APPROVED' },
  'approvePayment.not-found': { kind: 'not_found' },
  'approvePayment.cancelled': { kind: 'conflict', upstreamCode: 'cancelled_payment', payment: null },
  'completePayment.ok': { state: 'COMPLETED' },
  'completePayment.verification-failed': {
    kind: 'conflict',
    upstreamCode: 'verification_failed',
    detail: 'tx_memo_payment_identifier_mismatch',
  },
  'completePayment.not-verified': { kind: 'conflict', upstreamCode: 'not_verified' },
  'completePayment.txid-mismatch': { kind: 'conflict', upstreamCode: 'txid_mismatch' },
  'completePayment.already-completed': { kind: 'conflict', upstreamCode: 'already_completed', payment: null },
  'cancelPayment.ok': { state: 'CANCELLED' },
  'cancelPayment.tx-present': { kind: 'conflict', upstreamCode: 'payment_tx_present' },
  'cancelPayment.already-completed': {
    kind: 'conflict',
    payment: { state: 'COMPLETED', paymentId: 'Kq3vT0nSe8Lw2YbXc5Rj7HdZm1Pf' },
  },
  'cancelPayment.forbidden': { kind: 'forbidden', upstreamCode: 'forbidden' },
  'createPayment.ok': { state: 'APPROVED', marker: 'hg-41c6a2f09d', metadata: { season: 'autumn' } },
  'createPayment.ongoing': {
    kind: 'conflict',
    upstreamCode: 'ongoing_payment_found',
    payment: { amount: '3', direction: 'APP_TO_USER' },
  },
  'createPayment.missing-scope': { kind: 'rejected', upstreamCode: 'missing_scope', status: 401 },
  'createPayment.user-not-found': { kind: 'not_found', upstreamCode: 'user_not_found' },
  'createPayment.too-many': { kind: 'rate_limited', upstreamCode: 'too_many_payments' },
  'createPayment.feature-not-available': { kind: 'rejected', upstreamCode: 'feature_not_available' },
  'getIncompleteServerPayments.one': [{ marker: 'hg-41c6a2f09d' }],
  'getIncompleteServerPayments.none': [],
  'getIncompleteServerPayments.misspelt': [{ marker: 'hg-41c6a2f09d' }],
  'getIncompleteServerPayments.bare-list': [{ marker: 'hg-41c6a2f09d' }],
  'getRewardedAdStatus.granted': {
    mediatorAckStatus: 'GRANTED',
    rewardable: true,
    grantedAt: { text: '2026-03-09T08:00:05.000Z' },
    revokedAt: null,
  },
  'getRewardedAdStatus.waiting': { mediatorAckStatus: null, rewardable: false, grantedAt: null },
  'getRewardedAdStatus.revoked': { mediatorAckStatus: 'REVOKED', rewardable: false },
  'getRewardedAdStatus.failed': { mediatorAckStatus: 'FAILED', rewardable: false },
  'getRewardedAdStatus.not-found': { kind: 'not_found' },
};

describe('every example of the upstream', () => {
  it('has a meaning', () => {
    expect(examples.map(({ name }) => name)).toEqual(Object.keys(meanings).sort());
  });

  it.each(examples.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const meaning = meanings[name] ?? {};
    if ('kind' in meaning) expect(await upstreamError(play(one))).toMatchObject(meaning);
    else expect(await play(one)).toMatchObject(meaning);
    const sent = upstream.requests[0];
    expect(sent).toMatchObject({ method: one.request.method, path: `/v2${one.request.path}` });
    expect(sent?.headers.authorization).toBe(name.startsWith('getMe') ? 'Bearer user-token' : `Key ${API_KEY}`);
    expect(sent?.body ? JSON.parse(sent.body) : undefined).toEqual(one.request.body);
    expect(sent?.headers.connection, 'the identity and money go over sockets of their own').toBe(
      sent?.method === 'POST' || name.startsWith('getMe') ? 'close' : 'keep-alive',
    );
    expect(sent?.headers['content-type']).toBe(one.request.body === undefined ? undefined : 'application/json');
  });
});

describe('error codes', () => {
  const kinds = {
    not_found: ['payment_not_found', 'user_not_found'],
    rejected: [
      'invalid_arguments',
      'invalid_amount',
      'invalid_metadata',
      'invalid_address',
      'missing_scope',
      'missing_wallet',
      'missing_param',
      'missing_txid',
      'feature_not_available',
    ],
    rate_limited: ['too_many_payments', 'too_many_cancelled_payments'],
    forbidden: ['forbidden'],
    conflict: [
      'altered_amount',
      'ongoing_payment_found',
      'already_completed',
      'cancelled_payment',
      'not_verified',
      'txid_mismatch',
      'verification_failed',
      'payment_tx_present',
    ],
  };
  const rows = Object.entries(kinds).flatMap(([kind, codes]) =>
    codes.flatMap((code) => [400, 401, 500].map((status) => [code, status, kind] as const)),
  );

  const writes = {
    create: () =>
      client.createPayment(scope(), API_KEY, { userUid: 'u', amount: '1', memo: 'm', metadata: {} }, 'marker'),
    approve: () => client.approvePayment(scope(), API_KEY, 'p1'),
    complete: () => client.completePayment(scope(), API_KEY, 'p1', 'ab'.repeat(32)),
    cancel: () => client.cancelPayment(scope(), API_KEY, 'p1'),
  };
  /** Of which writes a code is documented to be the end; all others: of a payout. */
  const documented: Readonly<Record<string, readonly (keyof typeof writes)[]>> = {
    payment_not_found: ['approve', 'complete', 'cancel'],
    missing_param: ['complete'],
    missing_txid: ['complete'],
    not_verified: ['complete'],
    txid_mismatch: ['complete'],
    verification_failed: ['complete'],
    already_completed: ['complete', 'cancel'],
    cancelled_payment: ['approve', 'complete', 'cancel'],
    payment_tx_present: ['cancel'],
    forbidden: ['cancel'],
  };

  it.each(rows)('%s with status %i means %s, and is an end where it is documented', async (code, status, kind) => {
    upstream.answer(() => ({ status, body: { error: code, error_message: 'a text for people' } }));
    for (const verb of ['create', 'approve', 'complete', 'cancel'] as const) {
      const error = await upstreamError(writes[verb]());
      // A server error does not prove that nothing happened, whatever it says.
      const ended = status < 500 && (documented[code] ?? ['create']).includes(verb);
      expect(error, verb).toMatchObject({ kind, upstreamCode: code, status, delivery: ended ? 'answered' : 'unclear' });
      expect(error.message).not.toContain('people');
      expect(error instanceof PaymentConflict).toBe(kind === 'conflict');
    }
  });

  it.each([
    ['no such route', { message: 'no Route matched with those values' }, 'unavailable'],
    ['a code that is not documented for it', { error: 'user_not_found' }, 'not_found'],
    ['a word of anybody', { error: 'not_found', error_message: 'x' }, 'not_found'],
    ["Pi's word", { error: 'payment_not_found' }, 'not_found'],
    ['nothing', '', 'not_found'],
  ])('a 404 on the read of a payment that says %s', async (_what, body, kind) => {
    upstream.answer(() => ({ status: 404, body }));
    expect(await upstreamError(client.getPayment(scope(), API_KEY, 'p1'))).toMatchObject({ kind, status: 404 });
  });

  it('a 404 of a gateway in between costs no payment: it is read again', async () => {
    let reads = 0;
    upstream.answer(() => {
      reads += 1;
      if (reads === 1) return { status: 404, body: { message: 'no Route matched with those values' } };
      return { body: { ...(example('getPayment.created').response.body as object), identifier: 'p1' } };
    });
    expect(await client.getPayment(scope(), API_KEY, 'p1')).toMatchObject({ paymentId: 'p1' });
    expect(reads).toBe(2);
  });

  it.each([
    [400, 'rejected', 'unclear'],
    [401, 'unauthorized', 'unclear'],
    [403, 'forbidden', 'unclear'],
    [404, 'not_found', 'unclear'],
    [409, 'conflict', 'unclear'],
    [422, 'rejected', 'unclear'],
    [429, 'rate_limited', 'unclear'],
    [408, 'timeout', 'unclear'],
    [500, 'unavailable', 'unclear'],
    [503, 'unavailable', 'unclear'],
  ] as const)('status %i without a known code means %s, %s', async (status, kind, delivery) => {
    for (const body of [
      '',
      '<html></html>',
      'not json',
      '{"error":{"deep":true}}',
      '{"error":"unknown_error"}',
      '{"error":"constructor"}',
      '[]',
      '12',
    ]) {
      upstream.answer(() => ({ status, body }));
      // Of these only JSON is believed, and of 404 nothing at all.
      const page =
        [400, 404, 422].includes(status) && (/^(<|not)/.test(body) || (body === '' && status !== 404))
          ? { kind: 'bad_response', delivery: 'unclear' }
          : {};
      expect(await upstreamError(client.cancelPayment(scope(), API_KEY, 'p1'))).toMatchObject({
        kind,
        delivery,
        status,
        ...page,
      });
    }
  });

  it('passes on only codes that look like codes', async () => {
    upstream.answer(() => ({ status: 400, body: { error: 'Key server-key-for-tests is wrong <b>' } }));
    expect((await upstreamError(client.cancelPayment(scope(), API_KEY, 'p1'))).upstreamCode).toBeUndefined();
    upstream.answer(() => ({ status: 400, body: { error: 'brand_new_code' } }));
    expect(await upstreamError(client.cancelPayment(scope(), API_KEY, 'p1'))).toMatchObject({
      kind: 'rejected',
      upstreamCode: 'brand_new_code',
    });
  });

  it('does not take a blockchain node for the Platform API', async () => {
    upstream.answer(() => ({
      status: 404,
      body: { type: 'https://stellar.org/horizon-errors/not_found', title: 'Resource Missing', status: 404 },
    }));
    expect(await upstreamError(client.getPayment(scope(), API_KEY, 'p1'))).toMatchObject({
      kind: 'bad_response',
      reason: 'shape',
    });
  });

  it('says how long to wait when the upstream does', async () => {
    upstream.answer(() => ({ status: 429, headers: { 'retry-after': '30' } }));
    expect(
      await upstreamError(client.approvePayment({ ...scope(), fingerprint: 'limited' }, API_KEY, 'p1')),
    ).toMatchObject({ kind: 'rate_limited', retryAfterMs: 30_000 });
    expect(client.pausedUntil('limited')).toBeGreaterThan(Date.now());
  });
});
