import { LosslessNumber, isLosslessNumber, stringify } from 'lossless-json';
import { z } from 'zod';
import { UpstreamError } from '../../errors.js';
import { parseDecimal } from '../../values/decimal.js';
import { instantFromMillis, instantFromSeconds, parseInstant, toMillis, type Instant } from '../../values/instant.js';
import { JSON_NUMBER } from '../../values/exact-numbers.js';
import { isJsonObject, type Json } from '../../values/json.js';
import { isLosslessObject, numberText } from '../../values/lossless.js';
import { plainJson } from '../../values/plain-json.js';
import { badResponse, type Reading } from '../reading.js';
import {
  paymentState,
  type ListedPayment,
  type MediatorAckStatus,
  type Payment,
  type PaymentDirection,
  type PaymentInput,
  type PiNetwork,
  type RewardedAd,
  type User,
} from './model.js';

/** The metadata key that carries our marker: written with every payout, hidden from every reader. */
export const MARKER_KEY = 'gw_idem';

const directions = new Map<string, PaymentDirection>([
  ['user_to_app', 'USER_TO_APP'],
  ['app_to_user', 'APP_TO_USER'],
]);
const ackStatuses = new Map<string, MediatorAckStatus>([
  ['granted', 'GRANTED'],
  ['revoked', 'REVOKED'],
  ['failed', 'FAILED'],
]);
/** What an id looks like that can stand in a path. */
const PAYMENT_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Timestamps below this are seconds, others milliseconds: the upstream does not say which it sends. */
const MILLIS_FROM = 1e11;
const LAST_MILLIS = 253_402_300_799_999;

const instant = z.string().transform((text, context): Instant => {
  const parsed = parseInstant(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'not a date-time' });
  return z.NEVER;
});
/** A number, or its text; what is below nothing is no amount. */
const amount = z.unknown().transform((value, context): string => {
  const text = numberText(value);
  const parsed = text !== undefined && JSON_NUMBER.test(text) ? parseDecimal(text) : undefined;
  if (parsed !== undefined && !parsed.startsWith('-')) return parsed;
  context.addIssue({ code: 'custom', message: 'not an amount' });
  return z.NEVER;
});
const metadata = z
  .unknown()
  .optional()
  .transform((value, context): Json => {
    if (value === null || value === undefined) return {};
    const plain = plainJson(value);
    if (plain !== undefined) return plain;
    context.addIssue({ code: 'custom', message: 'not of sensible depth' });
    return z.NEVER;
  });
/** Shown to people, and nothing rests on it: none, or another shape, costs nobody the payment. */
const memo = z
  .unknown()
  .optional()
  .transform((value): string => (isLosslessNumber(value) ? value.value : textOr(value, '')));
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
/** The upstream leaves addresses out, or empty, until it knows them. */
const address = z
  .unknown()
  .optional()
  .transform((value): string | null => textOr(value, null) || null);
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
const optionalInstant = instant.nullish().transform((value) => value ?? null);

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

const userDto = z.object({
  uid: z.string().min(1),
  username: optionalText,
  credentials: z.object({
    scopes: z.array(z.string()),
    valid_until: z
      .object({ iso8601: z.unknown().optional(), timestamp: z.unknown().optional() })
      .transform((until, context): Instant => {
        const moment = validUntil(until.iso8601, until.timestamp);
        if (moment) return moment;
        context.addIssue({ code: 'custom', message: 'not a moment' });
        return z.NEVER;
      }),
  }),
  app_id: optionalText,
  wallet_address: address,
});

const rewardedAdDto = z.object({
  identifier: z.string().min(1),
  mediator_ack_status: optionalText,
  mediator_granted_at: optionalInstant,
  mediator_revoked_at: optionalInstant,
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
  return {
    paymentId: dto.identifier,
    userUid: dto.user_uid,
    amount: dto.amount,
    memo: dto.memo,
    ...withoutMarker(dto.metadata),
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

function withoutMarker(metadata: Json): Pick<Payment, 'metadata' | 'marker'> {
  if (!isJsonObject(metadata)) return { metadata, marker: null };
  const { [MARKER_KEY]: marker, ...visible } = metadata;
  return { metadata: visible, marker: typeof marker === 'string' ? marker : null };
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

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise;
}

/** The user that a token stands for. JSON of any other shape says nothing about anybody: `unauthorized`. */
export function parseUser(source: unknown, reading: Reading): User {
  const parsed = userDto.safeParse(source);
  if (!parsed.success) {
    throw new UpstreamError('unauthorized', {
      ...reading.facts,
      delivery: 'answered',
      reason: 'shape',
      detail: faultPath(parsed.error, []),
    });
  }
  const { uid, username, credentials, app_id, wallet_address } = parsed.data;
  return {
    uid,
    username,
    scopes: credentials.scopes,
    tokenValidUntil: credentials.valid_until,
    walletAddress: wallet_address,
    appId: app_id,
  };
}

/** One ad's reward state from the wire. Throws bad_response naming the path of the first fault. */
export function parseRewardedAd(source: unknown, reading: Reading): RewardedAd {
  const parsed = rewardedAdDto.safeParse(source);
  if (!parsed.success) throw badResponse(reading, 'shape', faultPath(parsed.error, []));
  const { identifier, mediator_ack_status: word, mediator_granted_at, mediator_revoked_at } = parsed.data;
  const status = word === null ? null : (ackStatuses.get(word) ?? 'UNKNOWN');
  return {
    adId: identifier,
    mediatorAckStatus: status,
    grantedAt: mediator_granted_at,
    revokedAt: mediator_revoked_at,
    rewardable: status === 'GRANTED',
  };
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

function validUntil(iso8601: unknown, timestamp: unknown): Instant | undefined {
  const spelled = typeof iso8601 === 'string' ? parseInstant(iso8601) : undefined;
  if (spelled) return spelled;
  if (!isLosslessNumber(timestamp)) return undefined;
  const value = Number(timestamp.value);
  if (!(value >= 0 && value <= LAST_MILLIS)) return undefined;
  if (value >= MILLIS_FROM) return instantFromMillis(value);
  return Number.isInteger(value) ? instantFromSeconds(value) : instantFromMillis(value * 1000);
}

/** Whether a token valid until then is of use at this moment (epoch milliseconds). */
export function isPast(moment: Instant, now: number): boolean {
  return toMillis(moment) <= now;
}

function faultPath(error: z.ZodError, at: readonly (string | number)[]): string {
  return [...at, ...(error.issues[0]?.path ?? [])].map(String).join('.').slice(0, 200);
}
