import {
  Account,
  Asset,
  FeeBumpTransaction,
  Keypair,
  Memo,
  Operation,
  TransactionBuilder,
  type Transaction,
} from '@stellar/stellar-base';
import { PASSPHRASE } from './wallets.js';

/** The least that the network takes for a transaction, in its smallest unit: 0.01 Pi. */
export const BASE_FEE = 100_000n;
const DIGITS = 7;
/** The memo of Horizon's rows and of payments is the text's UTF-8. */
const text = (memo: Buffer | string | null) => (memo === null ? '' : memo.toString());

/** One payment in the ledger's own coin, as a transaction says it. */
export interface Transfer {
  readonly from: string;
  readonly to: string;
  /** In ten millionths of a Pi. */
  readonly amount: bigint;
  /** Null when the memo is none, or not a text. */
  readonly memo: string | null;
  readonly sequence: bigint;
}

/** A transaction that somebody has signed and sent. */
export interface SignedTransfer extends Transfer {
  readonly hash: string;
  readonly fee: bigint;
  /** Epoch seconds after which the ledger must not take it; 0 = never. */
  readonly maxTime: number;
  readonly minTime: number;
  /** Whether the sender's own key has signed it, for this network. */
  readonly signed: boolean;
}

/** The hash of a transaction: what Pi calls the txid. */
export function hashOf({ from, to, amount, memo, sequence }: Transfer): string {
  const builder = new TransactionBuilder(new Account(from, String(sequence - 1n)), {
    fee: String(BASE_FEE),
    networkPassphrase: PASSPHRASE,
    timebounds: { minTime: 0, maxTime: 0 },
  }).addOperation(Operation.payment({ destination: to, asset: Asset.native(), amount: toPi(amount) }));
  if (memo !== null) builder.addMemo(Memo.text(memo));
  return builder.build().hash().toString('hex');
}

/** Reads what was sent to the ledger; undefined when it is no transaction, or anything else than one payment of the own coin. */
export function readSigned(envelope: string): SignedTransfer | undefined {
  let transaction: Transaction | FeeBumpTransaction;
  try {
    transaction = TransactionBuilder.fromXDR(envelope, PASSPHRASE);
  } catch {
    return undefined;
  }
  if (transaction instanceof FeeBumpTransaction) return undefined;
  const [operation, ...more] = transaction.operations;
  if (operation?.type !== 'payment' || more.length > 0 || !operation.asset.isNative()) return undefined;
  if (operation.source !== undefined && operation.source !== transaction.source) return undefined;
  const hash = transaction.hash();
  const keys = Keypair.fromPublicKey(transaction.source);
  return {
    hash: hash.toString('hex'),
    from: transaction.source,
    to: operation.destination,
    amount: toUnits(operation.amount),
    memo: transaction.memo.type === 'text' ? text(transaction.memo.value) : null,
    sequence: BigInt(transaction.sequence),
    fee: BigInt(transaction.fee),
    minTime: Number(transaction.timeBounds?.minTime ?? 0),
    maxTime: Number(transaction.timeBounds?.maxTime ?? 0),
    signed: transaction.signatures.some((one) => keys.verify(hash, one.signature())),
  };
}

/** An amount as Horizon writes it, with all its digits. */
export function toPi(units: bigint): string {
  const digits = String(units).padStart(DIGITS + 1, '0');
  return `${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`;
}

/** The smallest units of a decimal number with at most seven decimals. */
export function toUnits(amount: number | string): bigint {
  const [whole = '0', part = ''] = (typeof amount === 'number' ? amount.toFixed(DIGITS) : amount).split('.');
  return BigInt(whole + part.padEnd(DIGITS, '0'));
}
