import { UpstreamError, type UpstreamErrorDetails } from '../../errors.js';
import type { Instant } from '../../values/instant.js';
import type { Json, JsonObject } from '../../values/json.js';

const paymentStates = ['CREATED', 'APPROVED', 'SUBMITTED', 'VERIFIED', 'COMPLETED', 'CANCELLED'] as const;
export type PaymentState = (typeof paymentStates)[number];

const paymentDirections = ['USER_TO_APP', 'APP_TO_USER', 'UNKNOWN'] as const;
export type PaymentDirection = (typeof paymentDirections)[number];

const piNetworks = ['MAINNET', 'TESTNET', 'UNKNOWN'] as const;
export type PiNetwork = (typeof piNetworks)[number];

const mediatorAckStatuses = ['GRANTED', 'REVOKED', 'FAILED', 'UNKNOWN'] as const;
export type MediatorAckStatus = (typeof mediatorAckStatuses)[number];

/** A Pi user as their own token shows them; a uid is of one app and changes when the user withdraws their consent. */
export type User = {
  readonly uid: string;
  /** Null without the `username` scope. */
  readonly username: string | null;
  /** Open-ended: users have been seen with scopes that nobody documents. */
  readonly scopes: readonly string[];
  readonly tokenValidUntil: Instant;
  readonly walletAddress: string | null;
  /** The app that the token was made for, when the upstream says it. */
  readonly appId: string | null;
};

/** The five flags that a payment's state is derived from. */
export type PaymentStatus = {
  readonly developerApproved: boolean;
  readonly transactionVerified: boolean;
  readonly developerCompleted: boolean;
  /** By the app or by Pi. */
  readonly cancelled: boolean;
  readonly userCancelled: boolean;
};

export type PaymentTransaction = {
  readonly txid: string;
  /** Whether the chain's transaction matches the payment. */
  readonly verified: boolean;
  /** Where a block explorer shows it. The upstream's text: shown, never fetched. */
  readonly link: string | null;
};

/** A payment between one user and the app. */
export type Payment = {
  readonly paymentId: string;
  readonly userUid: string;
  /** Pi, as a plain decimal text with every digit kept. */
  readonly amount: string;
  readonly memo: string;
  /** Without our own marker; what the app gave, of any shape. A number that a double cannot hold is a string of its digits. */
  readonly metadata: Json;
  /** Our marker (`gw_idem`) when this gateway made the payment. */
  readonly marker: string | null;
  readonly fromAddress: string | null;
  readonly toAddress: string | null;
  readonly direction: PaymentDirection;
  /** Null when Pi does not name it, as in old payments. */
  readonly network: PiNetwork | null;
  /** The network's passphrase, as Pi names it. */
  readonly networkPassphrase: string | null;
  readonly createdAt: Instant;
  readonly state: PaymentState;
  readonly status: PaymentStatus;
  /** Null as long as none is known to Pi; a transaction may exist on the chain before that. */
  readonly transaction: PaymentTransaction | null;
};

/** A row of the open payouts: what it names is read even where the payment cannot be. */
export type ListedPayment = {
  readonly payment: Payment | UpstreamError;
  readonly paymentId: string | null;
  readonly marker: string | null;
};

/** What an operator asks to be paid out to a user. */
export type PaymentInput = {
  readonly userUid: string;
  /** Pi, as a plain decimal text. */
  readonly amount: string;
  readonly memo: string;
  readonly metadata: JsonObject;
};

/** Whether a shown ad earned its reward. */
export type RewardedAd = {
  readonly adId: string;
  /** Null while the mediator has not answered. */
  readonly mediatorAckStatus: MediatorAckStatus | null;
  readonly grantedAt: Instant | null;
  readonly revokedAt: Instant | null;
  /** True only when the mediator granted it. Rewarding an ad once is the app's duty: the upstream does not use the id up. */
  readonly rewardable: boolean;
};

/** The payment's state does not allow what was asked; with the payment that stands in the way, as far as it is known. */
export class PaymentConflict extends UpstreamError {
  constructor(
    details: UpstreamErrorDetails,
    readonly payment: Payment | null,
  ) {
    super('conflict', details);
  }
}

/** One state out of the flags; a cancelled payment is cancelled whatever else is set, so that nothing is delivered for it. */
export function paymentState(status: PaymentStatus, transaction: PaymentTransaction | null): PaymentState {
  if (status.cancelled || status.userCancelled) return 'CANCELLED';
  if (status.developerCompleted) return 'COMPLETED';
  if (status.transactionVerified) return 'VERIFIED';
  if (transaction !== null) return 'SUBMITTED';
  return status.developerApproved ? 'APPROVED' : 'CREATED';
}

/** Whether Pi shows a transaction and calls it the payment's. */
export function isVerified({ transaction, status }: Payment): boolean {
  return transaction !== null && (transaction.verified || status.transactionVerified);
}
