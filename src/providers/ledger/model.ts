import type { UpstreamError } from '../../errors.js';
import type { Decimal } from '../../values/decimal.js';
import type { Instant } from '../../values/instant.js';

/** A successful transaction of the ledger that carries a text memo and moves the ledger's own coin. */
export type LedgerTransaction = {
  /** Its hash: 64 hexadecimal digits. */
  readonly txid: string;
  readonly from: string;
  readonly to: string;
  readonly amount: Decimal;
  readonly memo: string;
  readonly createdAt: Instant;
  /** Whether it is the payment's own: the only one with its id as memo, its destination and its amount. */
  readonly matches: boolean;
};

/** What of a payment is looked for on the ledger. */
export type PaymentTrace = {
  readonly paymentId: string;
  readonly amount: Decimal;
  readonly direction: 'USER_TO_APP' | 'APP_TO_USER' | 'UNKNOWN';
  readonly fromAddress: string | null;
  readonly toAddress: string | null;
  readonly createdAt: Instant;
  /** The passphrase of the network that Pi names; null = not compared. */
  readonly networkPassphrase: string | null;
  /** What Pi has linked to it already. */
  readonly transaction: { readonly txid: string } | null;
};

/**
 * What looking for a payment's transaction came to. Only `none` proves that there is none, and only `match` names the one:
 * all else decides nothing.
 */
export type LedgerSearch =
  /** Exactly one. `decoys`: others with the payment's memo and another destination or amount, newest first. */
  | { readonly state: 'match'; readonly transaction: LedgerTransaction; readonly decoys: readonly LedgerTransaction[] }
  /** The ledger answered whole, up to now and back to a day before the payment, and has none. */
  | { readonly state: 'none'; readonly decoys: readonly LedgerTransaction[] }
  /** More than one that agree in everything, newest first. */
  | { readonly state: 'several'; readonly transactions: readonly LedgerTransaction[] }
  /** None that agrees, and with its memo some that may have paid it all the same: they do not show whom, or how much. */
  | {
      readonly state: 'hidden';
      readonly txids: readonly string[];
      readonly decoys: readonly LedgerTransaction[];
      readonly error: UpstreamError;
    }
  /** The wallet has more transactions than are read. */
  | { readonly state: 'cut off' }
  /** The ledger could not be asked, or gave an answer that proves nothing. */
  | { readonly state: 'unavailable'; readonly error: UpstreamError }
  /** The ledger that is configured is not the payment's. */
  | { readonly state: 'other network' }
  /** Pi has not said which wallets take part. */
  | { readonly state: 'no address' }
  /** No ledger is configured. */
  | { readonly state: 'off' };

/** One transaction of an account's history, as far as it is needed to find the few that are looked at closer. */
export type LedgerRow = {
  readonly txid: string;
  /** All hashes that it is known by: two when somebody else paid its fee. */
  readonly names: readonly string[];
  /** Where its page goes on. */
  readonly cursor: string;
  readonly createdAt: Instant;
  /** Null where it does not say, as old servers do, which list successful ones only. */
  readonly successful: boolean | null;
  /** Null for memos of any other kind than text. */
  readonly textMemo: string | null;
};

/** A page of an account's history, and what the answer says of itself. */
export type HistoryPage = {
  readonly rows: readonly LedgerRow[];
  /** Where the server says that it goes on, also behind an empty page; null when it does not say. */
  readonly next: string | null;
  /** Whether it calls its own order the other one than was asked for. */
  readonly oldestFirst: boolean;
  /** The newest ledger that this very answer knows of; null when it does not say, NaN when it says it in no number. */
  readonly latestLedger: number | null;
  /** How old the answer is, by what caches say. */
  readonly ageMs: number;
  /** The answer's own date, in epoch milliseconds; null when it does not say. */
  readonly madeAt: number | null;
};

/** What a Horizon server says of itself: which ledger it serves, and from when to when it has its history. */
export type LedgerReach = {
  readonly networkPassphrase: string;
  /** When the newest ledger of its history was closed; null when it does not say. */
  readonly closedAt: Instant | null;
  /** The newest ledger of its history; null when it does not say. */
  readonly latestLedger: number | null;
  /** The newest ledger of the network that it has heard of, which its history may be behind; null when it does not say. */
  readonly coreLedger: number | null;
  /** Whether its history begins with the network. */
  readonly fromTheStart: boolean;
  /** The date of the answer that said so, in epoch milliseconds; null when it has none. */
  readonly madeAt: number | null;
};

/** What a transaction moves of the ledger's own coin. */
export type Movements = {
  readonly transfers: readonly NativeTransfer[];
  /** By way of an exchange: they reach their receiver in the ledger's own coin, and are nobody's plain payment. */
  readonly exchanged: readonly NativeTransfer[];
  /** Whether it moves, or may move, coin in ways that do not show who gets how much. */
  readonly hidden: boolean;
};

/** One movement of the ledger's own coin within a transaction. */
export type NativeTransfer = {
  readonly from: string;
  readonly to: string;
  readonly amount: Decimal;
};
