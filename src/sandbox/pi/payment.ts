import { instantFromMillis, type Instant } from '../../values/instant.js';
import type { JsonObject } from '../../values/json.js';
import { sha256Hex } from '../names.js';
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
  readonly linked: Linked | null;
  readonly completed: boolean;
  readonly cancelledBy: 'app' | 'user' | null;
  /** Why the chain's transaction will not be accepted, if it will not. */
  readonly fault: string | null;
}

const SIGN_AFTER_MS = 3_000;
const CONFIRM_AFTER_MS = 6_000;
const ADDRESS_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The payment as it is now: an approved one is signed after 3 s and confirmed by the chain after 6 s. */
export function current(record: PaymentRecord, clock: SandboxClock): PaymentRecord {
  if (record.signingSince === null || record.cancelledBy !== null || record.linked !== null) return record;
  const waited = clock.speed === Infinity ? Infinity : (clock.now() - record.signingSince) * clock.speed;
  if (waited < SIGN_AFTER_MS) return record;
  return { ...record, linked: { txid: txidOf(record.identifier), verified: waited >= CONFIRM_AFTER_MS } };
}

/** The transaction with which the user pays this payment; always the same. */
export function txidOf(identifier: string): string {
  return sha256Hex(`transaction/${identifier}`);
}

/** The payment in the shape of the Platform API. */
export function render(payment: PaymentRecord): object {
  const wallets = [addressOf(payment.userUid), addressOf('hollow-creek')];
  const [from, to] = payment.direction === 'user_to_app' ? wallets : wallets.toReversed();
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

/** A wallet address that is always the same for a label; it has the form of one and belongs to nobody. */
function addressOf(label: string): string {
  const bytes = Buffer.from(sha256Hex(`${label}/1`) + sha256Hex(`${label}/2`), 'hex').subarray(0, 55);
  return `G${[...bytes].map((byte) => ADDRESS_LETTERS[byte % 32]).join('')}`;
}
