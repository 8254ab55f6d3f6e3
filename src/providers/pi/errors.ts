import { z } from 'zod';
import {
  UpstreamError,
  type BadResponseReason,
  type CallFacts,
  type ConflictReason,
  type UpstreamErrorDetails,
  type UpstreamErrorKind,
} from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { explanation } from '../../values/answer-bounds.js';
import { parseLossless } from '../../values/lossless.js';
import { kindOfStatus, speaksOfRoute } from '../provider.js';
import { badResponse } from '../reading.js';
import { PaymentConflict, type Payment } from './model.js';
import { parsePayment } from './wire.js';

/** Another payout of this app is still open. */
export const ONGOING_PAYMENT = 'ongoing_payment_found';

/** The payment is another app's. */
const FORBIDDEN = 'forbidden';

/** The upstream's codes. They decide before the status does: which status a code comes with is nowhere promised. */
const kindByCode: ReadonlyMap<string, UpstreamErrorKind> = new Map([
  ['payment_not_found', 'not_found'],
  ['user_not_found', 'not_found'],
  ['invalid_arguments', 'rejected'],
  ['invalid_amount', 'rejected'],
  ['invalid_metadata', 'rejected'],
  ['invalid_address', 'rejected'],
  // The recipient has not agreed to payouts: a 401, and yet nothing is wrong with anybody's credential.
  ['missing_scope', 'rejected'],
  ['missing_wallet', 'rejected'],
  ['missing_param', 'rejected'],
  ['missing_txid', 'rejected'],
  ['feature_not_available', 'rejected'],
  ['too_many_payments', 'rate_limited'],
  ['too_many_cancelled_payments', 'rate_limited'],
  [FORBIDDEN, 'forbidden'],
  ['altered_amount', 'conflict'],
  [ONGOING_PAYMENT, 'conflict'],
  ['already_completed', 'conflict'],
  ['cancelled_payment', 'conflict'],
  ['not_verified', 'conflict'],
  ['txid_mismatch', 'conflict'],
  ['verification_failed', 'conflict'],
  ['payment_tx_present', 'conflict'],
]);

/** What stands in the way, where a code says it. */
const reasonByCode: ReadonlyMap<string, ConflictReason> = new Map([
  [ONGOING_PAYMENT, 'PAYOUT_OPEN'],
  ['cancelled_payment', 'CANCELLED'],
  ['txid_mismatch', 'HAS_TRANSACTION'],
  ['payment_tx_present', 'HAS_TRANSACTION'],
]);

const MAKING = ['createPayment'];
const COMPLETING = ['completePayment'];
const ENDING = ['completePayment', 'cancelPayment'];

/**
 * To which calls a code is documented as an answer. With any other call it may be anybody's: `forbidden` is what proxies say too,
 * and Pi itself says it of a payment that is not to be cancelled, or read.
 */
const callsOfCode: ReadonlyMap<string, readonly string[]> = new Map([
  ['payment_not_found', ['getPayment', 'approvePayment', ...ENDING]],
  ...['user_not_found', 'invalid_arguments', 'invalid_amount', 'invalid_metadata', 'invalid_address'].map(
    saidTo(MAKING),
  ),
  ...['missing_scope', 'missing_wallet', 'feature_not_available', 'altered_amount', ONGOING_PAYMENT].map(
    saidTo(MAKING),
  ),
  ...['too_many_payments', 'too_many_cancelled_payments'].map(saidTo(MAKING)),
  ...['missing_param', 'missing_txid', 'not_verified', 'txid_mismatch', 'verification_failed'].map(saidTo(COMPLETING)),
  ['already_completed', ENDING],
  ['cancelled_payment', ['approvePayment', ...ENDING]],
  ['payment_tx_present', ['cancelPayment']],
  [FORBIDDEN, ['cancelPayment', 'getPayment']],
]);

function saidTo(calls: readonly string[]): (code: string) => readonly [string, readonly string[]] {
  return (one) => [one, calls];
}

const MACHINE_CODE = /^[A-Za-z0-9_.-]{1,64}$/;
const HORIZON_ERROR = 'https://stellar.org/horizon-errors/';

const code = z.string().regex(MACHINE_CODE).optional().catch(undefined);
const text = z.string().optional().catch(undefined);
const errorDto = z.object({
  error: code,
  verification_error: code,
  error_message: text,
  type: z.string().optional().catch(undefined),
  payment: z.unknown().optional(),
});

/**
 * The error that a non-2xx answer of a server-key endpoint stands for; conflicts keep the payment that came along. To a write
 * only Pi's own words are an answer, a code that is documented for this very call: a proxy may refuse in JSON as well, with an
 * `error_message` of its own, and after the request was carried out.
 */
export function refusal(answer: Answer, facts: CallFacts, effect: 'read' | 'write'): UpstreamError {
  const body = errorDto.safeParse(parseLossless(explanation(answer))).data;
  const upstreamCode = body?.error;
  const known = upstreamCode === undefined ? undefined : kindByCode.get(upstreamCode);
  const isPis = upstreamCode !== undefined && callsOfCode.get(upstreamCode)?.includes(facts.operation) === true;
  const foreign = effect === 'write' && !isPis;
  const delivery = foreign || provesNothing(answer.status) ? 'unclear' : 'answered';
  // A blockchain node in place of the Platform API would make every payment look missing.
  if (body?.type?.startsWith(HORIZON_ERROR))
    return badResponse({ facts, delivery }, 'shape', 'answered by a blockchain node');
  const details: UpstreamErrorDetails = {
    ...facts,
    delivery,
    upstreamCode,
    status: answer.status,
    upstreamDetails: body?.error_message ?? body?.verification_error,
    conflict: upstreamCode === undefined ? undefined : reasonByCode.get(upstreamCode),
    detail: body?.verification_error,
  };
  const kind = known ?? kindOfStatus(answer.status);
  // Of the address, and not of the payment: a gateway between may know better in a moment.
  if (kind === 'not_found' && facts.operation === 'getPayment' && speaksOfRoute(answer))
    return new UpstreamError('unavailable', details);
  return kind === 'conflict'
    ? new PaymentConflict(details, embeddedPayment(body?.payment, facts))
    : new UpstreamError(kind, details);
}

/** The error that a non-2xx answer of `/me` stands for: only a 401 speaks about the token; a `reason` says that it is not Pi's page. */
export function identityRefusal(answer: Answer, facts: CallFacts): UpstreamError {
  return new UpstreamError(kindOfStatus(answer.status), {
    ...facts,
    delivery: 'answered',
    status: answer.status,
    reason: answer.status === 401 ? foreignForm(answer) : undefined,
  });
}

/** Pi refuses a token with an empty body, or in JSON with a code. */
function foreignForm(answer: Answer): BadResponseReason | undefined {
  const body = explanation(answer).trim();
  if (body === '') return answer.text.trim() === '' ? undefined : 'not_json';
  if (body.startsWith('<')) return 'html';
  return errorDto.safeParse(parseLossless(body)).data?.error === undefined ? 'not_json' : undefined;
}

/** A 5xx (or a timeout that a proxy speaks of) does not prove that nothing happened, whatever code it brings. */
function provesNothing(status: number): boolean {
  return status >= 500 || status === 408;
}

function embeddedPayment(source: unknown, facts: CallFacts): Payment | null {
  if (source === undefined || source === null) return null;
  try {
    return parsePayment(source, { facts, delivery: 'answered' });
  } catch {
    return null;
  }
}

/**
 * Whether this says that there is no such payment for us: Pi knows none, or names it another app's. A 403 without that code
 * is about the server's key, and says nothing about any payment.
 */
export function saysNoPayment({ kind, upstreamCode }: UpstreamError): boolean {
  return kind === 'not_found' || (kind === 'forbidden' && upstreamCode === FORBIDDEN);
}

/**
 * A failure of a look that comes before anything is sent. The list of open payouts is always there and takes no input: no
 * refusal of it is about what the caller asked for.
 */
export function providersFault(error: unknown): unknown {
  if (!(error instanceof UpstreamError)) return error;
  if (error.kind !== 'not_found' && error.kind !== 'rejected' && error.kind !== 'conflict') return error;
  const { provider, operation, credential, delivery, status, upstreamCode } = error;
  return new UpstreamError('bad_response', { provider, operation, credential, delivery, status, upstreamCode });
}

/** Whether this is in words that are Pi's with some call, if not with this one. */
export function hasPisCode({ upstreamCode }: UpstreamError): boolean {
  return upstreamCode !== undefined && kindByCode.has(upstreamCode);
}

/** Whether a refused read says itself that it is Pi who refuses this payment. */
export function isPisRefusalOfRead({ upstreamCode }: UpstreamError): boolean {
  return upstreamCode !== undefined && callsOfCode.get(upstreamCode)?.includes('getPayment') === true;
}

/** Whether a write may have been carried out although it failed: lost, half or senseless answers, 5xx, redirects, foreign words. */
export function isUnclear(error: UpstreamError): boolean {
  return error.delivery === 'unclear' || error.kind === 'bad_response';
}
