import { z } from 'zod';
import { parseDecimal, type Decimal } from '../../values/decimal.js';
import { parseInstant, type Instant } from '../../values/instant.js';
import { badResponse, type Reading } from '../reading.js';
import { numberText } from '../../values/lossless.js';
import type { LedgerReach, LedgerRow, Movements, NativeTransfer } from './model.js';
import { cut } from '../../values/cut.js';

const instant = z.string().transform((text, context): Instant => {
  const parsed = parseInstant(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'not a date-time' });
  return z.NEVER;
});
const amount = z.string().transform((text, context): Decimal => {
  const parsed = parseDecimal(text);
  if (parsed !== undefined && !parsed.startsWith('-')) return parsed;
  context.addIssue({ code: 'custom', message: 'not an amount' });
  return z.NEVER;
});

const transactionDto = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  paging_token: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  created_at: instant,
  // Left out by old servers, which list successful ones only.
  successful: z.boolean().nullish(),
  memo_type: z.string(),
  memo: z.string().nullish(),
});
const pageDto = z.object({ _embedded: z.object({ records: z.array(z.unknown()) }) });
const operationDto = z.object({
  type: z.string(),
  transaction_hash: z.string(),
  transaction_successful: z.boolean().nullish(),
});
const paymentDto = z.object({
  asset_type: z.string(),
  from: z.string().min(1),
  to: z.string().min(1),
  amount,
});
const accountDto = z.object({ funder: z.string().min(1), account: z.string().min(1), starting_balance: amount });
const exchangeDto = z.object({ asset_type: z.string(), source_asset_type: z.string().nullish() });
const claimableDto = z.object({ asset: z.string() });
const rootDto = z.object({
  network_passphrase: z.string().min(1),
  history_latest_ledger_closed_at: instant.nullish().catch(null),
  history_elder_ledger: z.unknown().optional(),
});

/** The network's first ledger was made, not closed: some servers count from the one after it. */
const FIRST_LEDGERS = 2;
/** Operations that never move the ledger's own coin; whatever is not named may. */
const MOVES_NOTHING: ReadonlySet<string> = new Set([
  'allow_trust',
  'begin_sponsoring_future_reserves',
  'bump_sequence',
  'change_trust',
  'clawback',
  'clawback_claimable_balance',
  'end_sponsoring_future_reserves',
  'extend_footprint_ttl',
  'manage_data',
  'restore_footprint',
  'revoke_sponsorship',
  'set_options',
  'set_trust_line_flags',
]);

/** The most rows that an answer may have; we ask for fewer. */
const MOST_ROWS = 1_000;

/** One transaction. Throws bad_response naming the path of the first fault. */
export function parseTransaction(source: unknown, reading: Reading, at = ''): LedgerRow {
  const { hash, paging_token, created_at, successful, memo_type, memo } = read(transactionDto, source, reading, at);
  return {
    txid: hash,
    cursor: paging_token,
    createdAt: created_at,
    successful: successful ?? true,
    textMemo: memo_type === 'text' ? (memo ?? '') : null,
  };
}

/** A page of an account's history. A row that cannot be read spoils the page: nobody could say what it was. */
export function parsePage(source: unknown, reading: Reading): readonly LedgerRow[] {
  return recordsOf(source, reading).map((row, index) => parseTransaction(row, reading, `records.${index}`));
}

/** What a transaction moves of the ledger's own coin; null when it failed. */
export function parseMovements(source: unknown, txid: string, reading: Reading): Movements | null {
  const records = recordsOf(source, reading);
  // Every transaction has operations: a server that has none of them yet says nothing about it.
  if (records.length === 0) throw badResponse(reading, 'shape', 'records');
  const transfers: NativeTransfer[] = [];
  const exchanged: NativeTransfer[] = [];
  let hidden = false;
  for (const [index, record] of records.entries()) {
    const at = `records.${index}`;
    const { type, transaction_hash, transaction_successful } = read(operationDto, record, reading, at);
    if (transaction_hash !== txid) throw badResponse(reading, 'identity_mismatch');
    if (transaction_successful === false) return null;
    if (PLAIN.has(type)) {
      const transfer = transferOf(type, record, reading, at);
      if (transfer) transfers.push(transfer);
    } else if (EXCHANGES.has(type)) {
      const { asset_type, source_asset_type } = read(exchangeDto, record, reading, at);
      if (asset_type === 'native') exchanged.push(paymentOf(record, reading, at));
      else hidden ||= source_asset_type === 'native' || source_asset_type == null;
    } else if (type === 'create_claimable_balance') {
      hidden ||= read(claimableDto, record, reading, at).asset === 'native';
    } else hidden ||= !MOVES_NOTHING.has(type);
  }
  return { transfers, exchanged, hidden };
}

const PLAIN: ReadonlySet<string> = new Set(['payment', 'create_account']);
const EXCHANGES: ReadonlySet<string> = new Set([
  'path_payment',
  'path_payment_strict_receive',
  'path_payment_strict_send',
]);

function paymentOf(record: unknown, reading: Reading, at: string): NativeTransfer {
  const { from, to, amount: moved } = read(paymentDto, record, reading, at);
  return { from, to, amount: moved };
}

function transferOf(type: string, record: unknown, reading: Reading, at: string): NativeTransfer | undefined {
  if (type === 'payment') {
    const isNative = read(paymentDto, record, reading, at).asset_type === 'native';
    return isNative ? paymentOf(record, reading, at) : undefined;
  }
  // The first payment to a wallet opens it.
  const { funder, account, starting_balance } = read(accountDto, record, reading, at);
  return { from: funder, to: account, amount: starting_balance };
}

/** Which network the server serves, and how far its history reaches. */
export function parseReach(source: unknown, reading: Reading): LedgerReach {
  const root = read(rootDto, source, reading);
  const elder = Number(numberText(root.history_elder_ledger) ?? Number.NaN);
  return {
    networkPassphrase: root.network_passphrase,
    closedAt: root.history_latest_ledger_closed_at ?? null,
    fromTheStart: elder >= 1 && elder <= FIRST_LEDGERS,
  };
}

function recordsOf(source: unknown, reading: Reading): readonly unknown[] {
  const { records } = read(pageDto, source, reading)._embedded;
  if (records.length > MOST_ROWS) throw badResponse(reading, 'too_large');
  return records;
}

function read<T>(dto: z.ZodType<T>, source: unknown, reading: Reading, at = ''): T {
  const parsed = dto.safeParse(source);
  if (parsed.success) return parsed.data;
  const path = [at, ...(parsed.error.issues[0]?.path ?? [])].filter((part) => part !== '').map(String);
  throw badResponse(reading, 'shape', cut(path.join('.'), 200));
}
