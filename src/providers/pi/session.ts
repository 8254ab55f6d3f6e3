import type { UpstreamError } from '../../errors.js';
import type { PollSource } from '../../polling/polling.js';
import type { Attempt } from '../../writes/writes.js';
import type { Credential, OperationScope, Provider } from '../provider.js';
import type { Evidence } from './settling.js';

export type { ApprovalLook, Evidence, LedgerFinding, LedgerLook } from './settling.js';
import type { Payment, PaymentInput, RewardedAd, User } from './model.js';

/** The app's server key: opens everything but `/me`. */
export type PiCredential = Credential<{ readonly apiKey: string }>;

/** One user's access token: opens `/me` and nothing else. */
export type PiUserCredential = Credential<{ readonly token: string }>;

/** Looks at a payment as it stands right before it would be changed; refuses by throwing, and then nothing is sent. */
export type PaymentCheck = (payment: Payment) => void | Promise<void>;

/** Awaited right before the first byte of a change goes out; when it rejects, nothing is sent. */
export type BeforeSending = () => Promise<void>;

/** What became of an unfinished payment. */
export interface Settled {
  readonly payment: Payment;
  readonly action: 'COMPLETED' | 'CANCELLED' | 'NONE';
  /** Why, for people. */
  readonly why: string;
}

/**
 * The Platform API, opened with the server key for one operation. Reads are shared within it; nothing in it outlives the
 * operation. Ids and inputs are checked here before anything is sent (InvalidInput). Writes to one payment must be kept
 * from running at the same time by the caller, and so must payouts of one app.
 */
export interface PiSession {
  readonly fingerprint: string;
  /** One payment, null when there is none for this app. One call per id, however often it is asked for. */
  payment(paymentId: string): Promise<Payment | null>;
  /** Payouts that were begun and not finished; an error stands where one cannot be read. */
  incompleteServerPayments(): Promise<readonly (Payment | UpstreamError)[]>;
  /** Null when the ad is not known. */
  rewardedAd(adId: string): Promise<RewardedAd | null>;
  /**
   * Resolves with the approved payment, also when it was approved before. Rejects with PaymentConflict, `not_found`,
   * `outcome_unknown`, …
   */
  approve(paymentId: string, check?: PaymentCheck, begin?: BeforeSending): Promise<Payment>;
  /** Resolves with the payment completed by this very transaction, also when it was before. Never on anything less. */
  complete(paymentId: string, txid: string, check?: PaymentCheck, begin?: BeforeSending): Promise<Payment>;
  /**
   * Resolves with the cancelled payment, also when it was cancelled before. An open one is looked for on the ledger first;
   * rejects with PaymentConflict when it has a transaction, with the ledger's error when that could not be asked.
   */
  cancel(paymentId: string, check?: PaymentCheck, evidence?: Evidence): Promise<Payment>;
  /** Brings an unfinished payment to its right end (settling.ts has the table); `begin` only before it is completed. */
  settle(paymentId: string, evidence: Evidence, check?: PaymentCheck, begin?: BeforeSending): Promise<Settled>;
  /** Begins a payout to a user, or finds the one begun with this marker. */
  create(input: PaymentInput, attempt: Attempt): Promise<Payment>;
  /**
   * Looks for the effect of an earlier `create` without sending anything that changes it; undefined when it is not
   * among the open payouts and not the payment that the attempt names, rejects when nobody could tell.
   */
  findCreated(input: PaymentInput, attempt: Attempt): Promise<Payment | undefined>;
  /** For watching payments; holds the credential but nothing of this operation. */
  pollSource(): PollSource<Payment>;
}

/** The Pi Platform API. */
export interface Pi extends Provider {
  /** As clients see it. */
  readonly name: 'pi';
  readonly baseUrl: string;
  /** The server's own key; undefined = only `identify` can be used. */
  readonly apiKey: string | undefined;
  open(credential: PiCredential, scope: OperationScope): PiSession;
  /**
   * The user that a token stands for, asked anew each time. Rejects with the kind `unauthorized` when the token stands for
   * nobody here (refused, expired, another app's, or an answer of the wrong shape); any other kind means that Pi could
   * not be asked.
   */
  identify(credential: PiUserCredential, scope: OperationScope): Promise<User>;
}
