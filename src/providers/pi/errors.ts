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

/** What is known of one code of the upstream's. */
interface CodeFacts {
  readonly kind: UpstreamErrorKind;
  /** To which calls it is documented as an answer. */
  readonly saidTo: readonly string[];
  /** What stands in the way, where the code says it. */
  readonly conflict?: ConflictReason;
}

const MAKING = ['createPayment'];
const COMPLETING = ['completePayment'];
const ENDING = ['completePayment', 'cancelPayment'];
const CHANGING = ['approvePayment', ...ENDING];

/**
 * The upstream's codes. They decide before the status does: which status a code comes with is nowhere promised. To another call
 * than its own a code may be anybody's: `forbidden` is what proxies say too, and Pi itself says it of a payment that is not to be
 * cancelled, or read.
 */
const codes: ReadonlyMap<string, CodeFacts> = new Map<string, CodeFacts>([
  ['payment_not_found', { kind: 'not_found', saidTo: ['getPayment', ...CHANGING] }],
  ['user_not_found', { kind: 'not_found', saidTo: MAKING }],
  ['invalid_arguments', { kind: 'rejected', saidTo: MAKING }],
  ['invalid_amount', { kind: 'rejected', saidTo: MAKING }],
  ['invalid_metadata', { kind: 'rejected', saidTo: MAKING }],
  ['invalid_address', { kind: 'rejected', saidTo: MAKING }],
  // The recipient has not agreed to payouts: a 401, and yet nothing is wrong with anybody's credential.
  ['missing_scope', { kind: 'rejected', saidTo: MAKING }],
  ['missing_wallet', { kind: 'rejected', saidTo: MAKING }],
  ['missing_param', { kind: 'rejected', saidTo: COMPLETING }],
  ['missing_txid', { kind: 'rejected', saidTo: COMPLETING }],
  ['feature_not_available', { kind: 'rejected', saidTo: MAKING }],
  ['too_many_payments', { kind: 'rate_limited', saidTo: MAKING }],
  ['too_many_cancelled_payments', { kind: 'rate_limited', saidTo: MAKING }],
  [FORBIDDEN, { kind: 'forbidden', saidTo: ['cancelPayment', 'getPayment'] }],
  ['altered_amount', { kind: 'conflict', saidTo: MAKING }],
  [ONGOING_PAYMENT, { kind: 'conflict', saidTo: MAKING, conflict: 'PAYOUT_OPEN' }],
  ['already_completed', { kind: 'conflict', saidTo: ENDING }],
  ['cancelled_payment', { kind: 'conflict', saidTo: CHANGING, conflict: 'CANCELLED' }],
  ['not_verified', { kind: 'conflict', saidTo: COMPLETING }],
  ['txid_mismatch', { kind: 'conflict', saidTo: COMPLETING, conflict: 'HAS_TRANSACTION' }],
  ['verification_failed', { kind: 'conflict', saidTo: COMPLETING }],
  ['payment_tx_present', { kind: 'conflict', saidTo: ['cancelPayment'], conflict: 'HAS_TRANSACTION' }],
]);

function factsOf(code: string | undefined): CodeFacts | undefined {
  return code === undefined ? undefined : codes.get(code);
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
  const known = factsOf(upstreamCode);
  const foreign = effect === 'write' && known?.saidTo.includes(facts.operation) !== true;
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
    conflict: known?.conflict,
    detail: body?.verification_error,
  };
  const kind = known?.kind ?? kindOfStatus(answer.status);
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
  return factsOf(upstreamCode) !== undefined;
}

/** Whether a refused read says itself that it is Pi who refuses this payment. */
export function isPisRefusalOfRead({ upstreamCode }: UpstreamError): boolean {
  return factsOf(upstreamCode)?.saidTo.includes('getPayment') === true;
}

/** Whether a write may have been carried out although it failed: lost, half or senseless answers, 5xx, redirects, foreign words. */
export function isUnclear(error: UpstreamError): boolean {
  return error.delivery === 'unclear' || error.kind === 'bad_response';
}
