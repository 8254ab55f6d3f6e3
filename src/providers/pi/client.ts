import { detailsOf, UpstreamError, type CallFacts } from '../../errors.js';
import type { CallScope, CircuitState, HttpClient } from '../../upstream/http.js';
import type { Logger } from '../../log.js';
import { identityRefusal, refusal } from './errors.js';
import { callOf, type CallParts } from '../call.js';
import { same, understandJson, type Reading } from '../reading.js';
import type { ListedPayment, Payment, PaymentInput, RewardedAd, User } from './model.js';
import { identifierIn, parseIncompletePayments, parsePayment, toCompleteBody, toCreateBody } from './wire.js';
import { parseRewardedAd } from './wire-ad.js';
import { isPast, parseUser } from './wire-user.js';

const READ_RETRIES = 2;
/**
 * What rests together when Pi says 429. Whoever shows ads must not hold up money, nor a list what is read by id: a change waits
 * for nothing but the read before it, and what is said to changes themselves.
 */
const RESTS = { reads: 'reads', list: 'list', changes: 'changes', payouts: 'payouts', ads: 'ads' } as const;
/** Those that have to do with payments. */
const MONEY = [RESTS.reads, RESTS.list, RESTS.changes, RESTS.payouts];
/** What a header can carry without being misread; anything else cannot be a token. */
const SENDABLE_TOKEN = /^[\x21-\x7e]+$/;

/** The Platform API on the wire: its eight operations, each a single call that is understood and checked. */
export interface PiClient {
  readonly provider: string;
  readonly baseUrl: string;
  /** The user of a token. Rejects with `unauthorized` when the token stands for nobody here, with another kind when that is unknown. */
  getMe(scope: CallScope, token: string): Promise<User>;
  /** `marker` is stored with the payment as `gw_idem`. Never sent twice by itself. */
  createPayment(scope: CallScope, apiKey: string, input: PaymentInput, marker: string): Promise<Payment>;
  /** Rejects with `not_found` when there is none. `fresh` asks on a socket of its own, as writes need it. */
  getPayment(scope: CallScope, apiKey: string, paymentId: string, fresh?: boolean): Promise<Payment>;
  approvePayment(scope: CallScope, apiKey: string, paymentId: string): Promise<Payment>;
  completePayment(scope: CallScope, apiKey: string, paymentId: string, txid: string): Promise<Payment>;
  cancelPayment(scope: CallScope, apiKey: string, paymentId: string): Promise<Payment>;
  getIncompleteServerPayments(scope: CallScope, apiKey: string, fresh?: boolean): Promise<readonly ListedPayment[]>;
  /** Rejects with `not_found` when the ad is not known. */
  getRewardedAdStatus(scope: CallScope, apiKey: string, adId: string): Promise<RewardedAd>;
  /** Until when, on the monotonic clock, this credential is to rest with anything about payments; 0 when free. */
  pausedUntil(fingerprint: string): number;
  state(): CircuitState;
}

/** Speaks to the Platform API through its HTTP client. `appId`: tokens that name another app are refused. */
export function createPiClient(http: HttpClient, appId: string | undefined, log: Logger): PiClient {
  const send = <T>(scope: CallScope, authorization: string, call: OwnCall<T>): Promise<T> => {
    const facts: CallFacts = { provider: http.provider, operation: call.operation, credential: scope.credential };
    const reading: Reading = { facts, delivery: call.effect === 'write' ? 'unclear' : 'answered' };
    const { understand, refuse = refusal } = call;
    return http.call<T>(
      callOf(
        call,
        { authorization },
        (answer) => understandJson(answer, reading, understand),
        (answer) => refuse(answer, facts, call.effect),
      ),
      scope,
    );
  };
  const seen = (payment: Payment): Payment => {
    if (payment.direction === 'UNKNOWN' || (payment.network ?? 'UNKNOWN') === 'UNKNOWN')
      log.debug('pi_unknown_direction_or_network');
    if (payment.state === 'CANCELLED' && payment.status.developerCompleted) {
      log.warn('pi_payment_cancelled_and_completed', { paymentId: payment.paymentId });
    }
    return payment;
  };
  const thisPayment =
    (paymentId: string) =>
    (json: unknown, reading: Reading): Payment =>
      same(seen(parsePayment(json, reading)), (payment) => payment.paymentId === paymentId, reading);
  /** One of the writes that act on a payment that exists. */
  const act = (scope: CallScope, apiKey: string, operation: string, verb: string, paymentId: string, body: string) =>
    send(scope, `Key ${apiKey}`, {
      operation,
      method: 'POST',
      path: `/payments/${paymentId}/${verb}`,
      body,
      effect: 'write',
      restsWith: RESTS.changes,
      retries: 0,
      freshSocket: true,
      subject: paymentId,
      understand: thisPayment(paymentId),
    });

  return {
    provider: http.provider,
    baseUrl: http.baseUrl,
    getMe(scope, token) {
      if (!SENDABLE_TOKEN.test(token)) {
        return Promise.reject(
          new UpstreamError('unauthorized', {
            provider: http.provider,
            operation: 'getMe',
            credential: scope.credential,
            delivery: 'unsent',
          }),
        );
      }
      return send(scope, `Bearer ${token}`, {
        operation: 'getMe',
        asksWho: true,
        method: 'GET',
        path: '/me',
        effect: 'read',
        retries: READ_RETRIES,
        freshSocket: true,
        refuse: identityRefusal,
        understand: (json, reading) => usableUser(parseUser(json, reading), appId, reading),
      });
    },
    createPayment: (scope, apiKey, input, marker) =>
      send(scope, `Key ${apiKey}`, {
        operation: 'createPayment',
        method: 'POST',
        path: '/payments',
        body: toCreateBody(input, marker),
        effect: 'write',
        restsWith: RESTS.payouts,
        retries: 0,
        freshSocket: true,
        understand: (json, reading) =>
          showingId(json, () =>
            same(seen(parsePayment(json, reading)), (payment) => isPayout(payment, input, marker), reading),
          ),
      }),
    getPayment: (scope, apiKey, paymentId, freshSocket = false) =>
      send(scope, `Key ${apiKey}`, {
        operation: 'getPayment',
        method: 'GET',
        path: `/payments/${paymentId}`,
        effect: 'read',
        restsWith: RESTS.reads,
        retries: READ_RETRIES,
        freshSocket,
        subject: paymentId,
        understand: thisPayment(paymentId),
      }),
    approvePayment: (scope, apiKey, paymentId) => act(scope, apiKey, 'approvePayment', 'approve', paymentId, '{}'),
    completePayment: (scope, apiKey, paymentId, txid) =>
      act(scope, apiKey, 'completePayment', 'complete', paymentId, toCompleteBody(txid)),
    cancelPayment: (scope, apiKey, paymentId) => act(scope, apiKey, 'cancelPayment', 'cancel', paymentId, '{}'),
    getIncompleteServerPayments: (scope, apiKey, freshSocket = false) =>
      send(scope, `Key ${apiKey}`, {
        operation: 'getIncompleteServerPayments',
        method: 'GET',
        path: '/payments/incomplete_server_payments',
        effect: 'read',
        restsWith: RESTS.list,
        retries: READ_RETRIES,
        freshSocket,
        understand: (json, reading) => {
          const rows = parseIncompletePayments(json, reading);
          for (const { payment, paymentId } of rows) {
            if (payment instanceof UpstreamError)
              log.warn('pi_unreadable_open_payout', { paymentId, at: payment.detail });
            else seen(payment);
          }
          return rows;
        },
      }),
    getRewardedAdStatus: (scope, apiKey, adId) =>
      send(scope, `Key ${apiKey}`, {
        operation: 'getRewardedAdStatus',
        method: 'GET',
        path: `/ads_network/status/${encodeURIComponent(adId)}`,
        effect: 'read',
        restsWith: RESTS.ads,
        retries: READ_RETRIES,
        subject: adId,
        understand(json, reading) {
          const ad = same(parseRewardedAd(json, reading), (read) => read.adId === adId, reading);
          if (ad.mediatorAckStatus === 'UNKNOWN') log.warn('pi_unknown_ack_status');
          return ad;
        },
      }),
    pausedUntil: (fingerprint) => Math.max(...MONEY.map((calls) => http.pausedUntil(fingerprint, calls))),
    state: () => http.state(),
  };
}

/** A call before its errors and headers are known. */
interface OwnCall<T> extends CallParts<T> {
  readonly understand: (json: unknown, reading: Reading) => T;
  /** Other than for the server-key endpoints. */
  readonly refuse?: typeof refusal;
}

/**
 * Whether this is the payout asked for under this marker: users can make payments with metadata of their own, but none
 * of this direction.
 */
export function isPayout(payment: Payment, input: PaymentInput, marker: string): boolean {
  const { marker: own, direction, userUid, amount } = payment;
  return own === marker && direction === 'APP_TO_USER' && userUid === input.userUid && amount === input.amount;
}

/** Has the error of an answer that cannot be used carry the payment's id, when it shows one. */
function showingId<T>(json: unknown, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    throw new UpstreamError(error.kind, { ...detailsOf(error), objectId: identifierIn(json) });
  }
}

/** A token that has expired, or that another app was given, is good for nothing here. */
function usableUser(user: User, appId: string | undefined, reading: Reading): User {
  const fault = isPast(user.tokenValidUntil, Date.now())
    ? 'expired'
    : appId !== undefined && user.appId !== null && user.appId !== appId
      ? 'token of another app'
      : undefined;
  if (fault === undefined) return user;
  throw new UpstreamError('unauthorized', { ...reading.facts, delivery: 'answered', detail: fault });
}
