import { detailsOf, UpstreamError, type CallFacts, type UpstreamErrorKind } from './errors.js';

/** What the end of a write tells of it, and what is said where no answer of the upstream tells. */

/** A write whose end stays unknown after every look for it; keeps what the upstream said last, and what the looks found. */
export function outcomeUnknown(facts: CallFacts, cause?: unknown, candidates?: readonly string[]): UpstreamError {
  const known = cause instanceof UpstreamError ? cause : undefined;
  return new UpstreamError('outcome_unknown', {
    ...facts,
    delivery: 'unclear',
    status: known?.status,
    upstreamCode: known?.upstreamCode,
    reason: known?.reason,
    detail: known ? [known.kind, known.detail].filter(Boolean).join(': ') : undefined,
    candidates,
  });
}

/** Whether this is told as its status says, whoever said it: the credential is refused, or the pace. */
export function isToldByStatus({ kind }: UpstreamError): boolean {
  return kind === 'unauthorized' || kind === 'forbidden' || kind === 'rate_limited';
}

/**
 * How a write is told that met this and was found nowhere: a refused credential or pace is called so, with its end open; any
 * other answer that proves nothing is an unknown end.
 */
export function openEnd(facts: CallFacts, cause: UpstreamError): UpstreamError {
  if (!isToldByStatus(cause) || !isForeignRefusal(cause)) return outcomeUnknown(facts, cause);
  return new UpstreamError(cause.kind, { ...detailsOf(cause), endOpen: true });
}

/**
 * Whether this is a refusal (4xx) that is not in the provider's own words. Whoever stands in between may refuse what was carried
 * out: a write that met it is looked for, and not sent again.
 */
export function isForeignRefusal({ kind, delivery, status = 0 }: UpstreamError): boolean {
  return delivery === 'unclear' && kind !== 'bad_response' && status >= 400 && status < 500 && status !== 408;
}

/**
 * An answer of these kinds, in the provider's own words, says clearly that nothing was done: the key is free again, and a cap gets
 * its amount back.
 */
export const CLEAR_REFUSALS: ReadonlySet<UpstreamErrorKind> = new Set<UpstreamErrorKind>([
  'conflict',
  'insufficient_funds',
  'rejected',
  'not_found',
  'unauthorized',
  'forbidden',
  'rate_limited',
]);

/** Whether this is a page that came in place of the provider's refusal (`upstream/refusal.ts`). */
export function isForeignPage(error: UpstreamError): boolean {
  const { kind, status = 0 } = error;
  return kind === 'bad_response' && status >= 400 && status < 500;
}

/**
 * Whether a look was refused as the write was that it is for, 401 or 403 by the same status: then it is the credential that is not let
 * in, and what was sent with it was not either.
 */
export function isRefusedAlike(write: UpstreamError, look: unknown): boolean {
  if (write.kind !== 'unauthorized' && write.kind !== 'forbidden') return false;
  return look instanceof UpstreamError && look.kind === write.kind && look.status === write.status;
}

/** A foreign refusal that looks have borne out: the write was not done. */
export function believed(error: UpstreamError): UpstreamError {
  return new UpstreamError(error.kind, { ...detailsOf(error), delivery: 'answered' });
}

/**
 * For a write that may be sent again, after looks that showed no effect: a page, or a refusal in foreign words, is what a gateway
 * sends for what it did not pass on, so the key stays free, and a refused credential or pace is called so; any other unclear end
 * stays unknown.
 */
export function endWithoutEffect(facts: CallFacts, cause: UpstreamError): UpstreamError {
  if (!isForeignPage(cause) && !isForeignRefusal(cause)) return outcomeUnknown(facts, cause);
  if (isToldByStatus(cause)) return believed(cause);
  const { status, reason } = cause;
  return new UpstreamError('bad_response', { ...facts, delivery: 'answered', status, reason });
}
