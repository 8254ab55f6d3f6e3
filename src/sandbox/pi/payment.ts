import { instantFromMillis, type Instant } from '../../values/instant.js';
import type { JsonObject } from '../../values/json.js';
import { FIRST_SEQUENCE, type LedgerEntry } from '../ledger/chain.js';
import { hashOf, toUnits } from '../ledger/transactions.js';
import { appWallet, walletOf } from '../ledger/wallets.js';
import { numberOf } from '../names.js';
import type { SandboxClock } from '../part.js';

/** A chain transaction as the payment knows it. */
export interface Linked {
  readonly txid: string;
  readonly verified: boolean;
}

/** One payment as it is kept. What time alone brings about (the user signs, the chain confirms) is worked out when it is read. */
export interface PaymentRecord {
  readonly identifier: string;
  readonly userUid: string;
  readonly amount: number;
  readonly memo: string;
  readonly metadata: JsonObject;
  readonly direction: 'user_to_app' | 'app_to_user';
  readonly createdMs: number;
  readonly approved: boolean;
  /** When an approval set the user to signing, epoch milliseconds; null when nobody is about to sign. */
  readonly signingSince: number | null;
  /** When the transaction that the sandbox itself made for it went into the ledger; null when there is none. */
  readonly sentMs: number | null;
  /** What Pi shows as its transaction. */
  readonly linked: Linked | null;
  readonly completed: boolean;
  readonly cancelledBy: 'app' | 'user' | null;
}

const SIGN_AFTER_MS = 3_000;
const CONFIRM_AFTER_MS = 6_000;

/** What goes wrong with payments that have these words in their memo or id. */
const TWISTS = ['wrong memo', 'wrong amount', 'too late', 'lost answer', 'unseen'] as const;
export type Twist = (typeof TWISTS)[number];

export function twistOf({ identifier, memo }: Pick<PaymentRecord, 'identifier' | 'memo'>): Twist | undefined {
  const words = `${identifier} ${memo}`.toLowerCase().replaceAll('-', ' ');
  return TWISTS.find((twist) => words.includes(twist));
}

/** What somebody pays whose payment is to have the wrong amount. */
const TOO_LITTLE = toUnits('0.01');

/** The payment as it is now: an approved one is signed after 3 s and confirmed by the chain after 6 s. */
export function current(record: PaymentRecord, clock: SandboxClock): PaymentRecord {
  const { signingSince, linked, cancelledBy } = record;
  if (signingSince === null || cancelledBy !== null || linked !== null) return record;
  const twist = twistOf(record);
  const waited = clock.speed === Infinity ? Infinity : (clock.now() - signingSince) * clock.speed;
  if (waited < SIGN_AFTER_MS || twist === 'too late') return record;
  const sent = { ...record, sentMs: record.sentMs ?? signingSince + SIGN_AFTER_MS / clock.speed };
  // Pi shows no transaction of another amount, and of some payments none at all, as it happens in life.
  if (twist === 'unseen' || twist === 'wrong amount') return sent;
  return { ...sent, linked: { txid: txidOf(record), verified: waited >= CONFIRM_AFTER_MS && twist === undefined } };
}

/** Whether the chain's confirmation of a transaction has come to Pi. */
export function isConfirmed(createdMs: number, clock: SandboxClock): boolean {
  return clock.speed === Infinity || (clock.now() - createdMs) * clock.speed >= SIGN_AFTER_MS;
}

/** The transaction with which the sandbox's people pay this payment; always the same. */
function transferOf(payment: PaymentRecord) {
  const { from, to } = walletsOf(payment);
  const twist = twistOf(payment);
  return {
    from,
    to,
    amount: twist === 'wrong amount' ? TOO_LITTLE : toUnits(payment.amount),
    memo: twist === 'wrong memo' ? 'another-payment' : payment.identifier,
    sequence: FIRST_SEQUENCE - 1n - BigInt(numberOf(`transaction/${payment.identifier}`, 1_000_000)),
  };
}

const hashes = new WeakMap<object, string>();

export function txidOf(payment: PaymentRecord): string {
  // Metadata stays the same object while a payment changes.
  let hash = hashes.get(payment.metadata);
  if (hash === undefined) hashes.set(payment.metadata, (hash = hashOf(transferOf(payment))));
  return hash;
}

/** What the ledger has of it, as far as the sandbox itself made it. */
export function entryOf(payment: PaymentRecord): LedgerEntry | null {
  if (payment.sentMs === null) return null;
  return { ...transferOf(payment), hash: txidOf(payment), createdMs: payment.sentMs };
}

export function walletsOf({ userUid, direction }: Pick<PaymentRecord, 'userUid' | 'direction'>) {
  const user = userWallet(userUid);
  return direction === 'user_to_app' ? { from: user, to: appWallet.address } : { from: appWallet.address, to: user };
}

const wallets = new Map<string, string>();

/** The address of a user's wallet. */
export function userWallet(uid: string): string {
  let address = wallets.get(uid);
  if (address === undefined) wallets.set(uid, (address = walletOf(uid).address));
  return address;
}

/** The payment in the shape of the Platform API. */
export function render(payment: PaymentRecord): object {
  const { from, to } = walletsOf(payment);
  const created: Instant = instantFromMillis(payment.createdMs);
  return {
    identifier: payment.identifier,
    user_uid: payment.userUid,
    amount: payment.amount,
    memo: payment.memo,
    metadata: payment.metadata,
    from_address: from,
    to_address: to,
    direction: payment.direction,
    created_at: created.text,
    network: 'Pi Testnet',
    status: {
      developer_approved: payment.approved,
      transaction_verified: payment.linked?.verified ?? false,
      developer_completed: payment.completed,
      cancelled: payment.cancelledBy === 'app',
      user_cancelled: payment.cancelledBy === 'user',
    },
    transaction: payment.linked && {
      txid: payment.linked.txid,
      verified: payment.linked.verified,
      _link: `https://api.testnet.minepi.com/transactions/${payment.linked.txid}`,
    },
  };
}
