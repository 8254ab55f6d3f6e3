import { z } from 'zod';
import type { Answer } from '../../upstream/http.js';
import { badResponse, type Reading } from '../reading.js';
import { numberText } from '../../values/lossless.js';
import { amount, instant, madeAtOf, read, recordsOf } from './fields.js';
import type { LedgerReach, Movements, NativeTransfer } from './model.js';

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
  history_latest_ledger: z.unknown().optional(),
  history_elder_ledger: z.unknown().optional(),
  core_latest_ledger: z.unknown().optional(),
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

/** What the transaction of these hashes moves of the ledger's own coin; null when it failed. */
export function parseMovements(source: unknown, names: readonly string[], reading: Reading): Movements | null {
  const records = recordsOf(source, reading);
  // Every transaction has operations: a server that has none of them yet says nothing about it.
  if (records.length === 0) throw badResponse(reading, 'shape', 'records');
  const transfers: NativeTransfer[] = [];
  const exchanged: NativeTransfer[] = [];
  let hidden = false;
  for (const [index, record] of records.entries()) {
    const at = `records.${index}`;
    const { type, transaction_hash, transaction_successful } = read(operationDto, record, reading, at);
    if (!names.includes(transaction_hash)) throw badResponse(reading, 'identity_mismatch');
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
export function parseReach(source: unknown, reading: Reading, { headers }: Pick<Answer, 'headers'>): LedgerReach {
  const root = read(rootDto, source, reading);
  const elder = ledgerNumber(root.history_elder_ledger) ?? Number.NaN;
  return {
    networkPassphrase: root.network_passphrase,
    closedAt: root.history_latest_ledger_closed_at ?? null,
    latestLedger: ledgerNumber(root.history_latest_ledger),
    coreLedger: ledgerNumber(root.core_latest_ledger),
    fromTheStart: elder >= 1 && elder <= FIRST_LEDGERS,
    madeAt: madeAtOf(headers),
  };
}

function ledgerNumber(source: unknown): number | null {
  const text = numberText(source);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
