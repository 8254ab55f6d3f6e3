import { LosslessNumber, stringify } from 'lossless-json';
import { z } from 'zod';
import { UpstreamError } from '../../errors.js';
import { isJsonObject, withoutKey } from '../../values/json.js';
import { isLosslessObject } from '../../values/lossless.js';
import { badResponse, type Reading } from '../reading.js';
import { address, amount, faultPath, flag, instant, memo, metadata, optionalText, textOr } from './fields.js';
import {
  paymentState,
  type ListedPayment,
  type Payment,
  type PaymentDirection,
  type PaymentInput,
  type PiNetwork,
} from './model.js';

/** The metadata key that carries our marker: written with every payout, hidden from every reader. */
export const MARKER_KEY = 'gw_idem';

const directions = new Map<string, PaymentDirection>([
  ['user_to_app', 'USER_TO_APP'],
  ['app_to_user', 'APP_TO_USER'],
]);
/** What an id looks like that can stand in a path. */
const PAYMENT_ID = /^[A-Za-z0-9_-]{1,64}$/;
const paymentDto = z.object({
  identifier: z.string().min(1),
  user_uid: z.string().min(1),
  amount,
  memo,
  metadata,
  from_address: address,
  to_address: address,
  direction: optionalText,
  network: optionalText,
  created_at: instant,
  status: z.object({
    developer_approved: flag,
    transaction_verified: flag,
    developer_completed: flag,
    cancelled: flag,
    user_cancelled: flag,
  }),
  transaction: z
    .object({ txid: z.string().min(1), verified: flag, _link: z.unknown().optional() })
    .nullish()
    .transform((linked) =>
      linked ? { txid: linked.txid, verified: linked.verified, link: textOr(linked._link, null) } : null,
    ),
});

/** One payment from the wire; `at` leads to it inside the answer. Throws bad_response naming the path of the first fault. */
export function parsePayment(source: unknown, reading: Reading, at: readonly (string | number)[] = []): Payment {
  const parsed = paymentDto.safeParse(source);
  if (!parsed.success) throw badResponse(reading, 'shape', faultPath(parsed.error, at));
  const dto = parsed.data;
  const status = {
    developerApproved: dto.status.developer_approved,
    transactionVerified: dto.status.transaction_verified,
    developerCompleted: dto.status.developer_completed,
    cancelled: dto.status.cancelled,
    userCancelled: dto.status.user_cancelled,
  };
  const { metadata } = dto;
  const marker = isJsonObject(metadata) ? metadata[MARKER_KEY] : null;
  return {
    paymentId: dto.identifier,
    userUid: dto.user_uid,
    amount: dto.amount,
    memo: dto.memo,
    metadata: isJsonObject(metadata) ? withoutKey(metadata, MARKER_KEY) : metadata,
    marker: typeof marker === 'string' ? marker : null,
    fromAddress: dto.from_address,
    toAddress: dto.to_address,
    direction: directions.get(dto.direction ?? '') ?? 'UNKNOWN',
    network: networkOf(dto.network ?? null),
    networkPassphrase: dto.network || null,
    createdAt: dto.created_at,
    state: paymentState(status, dto.transaction),
    status,
    transaction: dto.transaction,
  };
}

/** The id of a payment whose other fields may be unreadable; undefined when it cannot be one. */
export function identifierIn(source: unknown): string | undefined {
  const identifier = isLosslessObject(source) ? source['identifier'] : undefined;
  return typeof identifier === 'string' && PAYMENT_ID.test(identifier) ? identifier : undefined;
}

/** The open payouts: under their name, under a misspelling that one official client expects, or bare. Never guessed empty. */
export function parseIncompletePayments(source: unknown, reading: Reading): readonly ListedPayment[] {
  for (const key of ['incomplete_server_payments', 'incomplete_server_paymenets']) {
    if (isLosslessObject(source) && Object.hasOwn(source, key)) return parsePayments(source[key], reading, [key]);
  }
  return parsePayments(source, reading, []);
}

/** The list is short, since each user can have one open payout; what is far above would only be work. */
const MOST_ROWS = 1_000;

function parsePayments(list: unknown, reading: Reading, at: readonly string[]): readonly ListedPayment[] {
  if (!Array.isArray(list)) throw badResponse(reading, 'shape', at.join('.') || 'incomplete_server_payments');
  if (list.length > MOST_ROWS) throw badResponse(reading, 'too_large');
  return list.map((row, index) => parseListed(row, reading, [...at, index]));
}

/** A row that cannot be read costs no other; its id and marker are read each for itself, since looks rest on them. */
function parseListed(row: unknown, reading: Reading, at: readonly (string | number)[]): ListedPayment {
  try {
    const payment = parsePayment(row, reading, at);
    return { payment, paymentId: payment.paymentId, marker: payment.marker };
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    const { identifier, metadata: data } = isLosslessObject(row) ? row : {};
    const marker = isLosslessObject(data) ? data[MARKER_KEY] : undefined;
    return { payment: error, paymentId: textOr(identifier, null), marker: textOr(marker, null) };
  }
}

/** The body that asks for this payout, marked as ours; the amount is a plain number literal with every digit. */
export function toCreateBody(input: PaymentInput, marker: string): string {
  const payment = {
    amount: new LosslessNumber(input.amount),
    memo: input.memo,
    metadata: { ...input.metadata, [MARKER_KEY]: marker },
    uid: input.userUid,
  };
  return stringify({ payment }) ?? '';
}

export function toCompleteBody(txid: string): string {
  return JSON.stringify({ txid });
}

/** The upstream sends the network's passphrase, and may add to the main one. */
function networkOf(passphrase: string | null): PiNetwork | null {
  if (passphrase === null || passphrase === '') return null;
  if (passphrase === 'Pi Testnet') return 'TESTNET';
  return passphrase.startsWith('Pi Network') ? 'MAINNET' : 'UNKNOWN';
}
