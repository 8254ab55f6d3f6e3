import { detailsOf, UpstreamError, type UpstreamErrorKind } from '../../errors.js';

const REFUSALS: ReadonlySet<UpstreamErrorKind> = new Set(['not_found', 'rejected', 'conflict', 'insufficient_funds']);

/**
 * A failed search as callers read it. What is asked of the ledger is nobody's input, and what it lacks is not the payment: a
 * refusal says no more than that it gave no answer that can be used.
 */
export function ledgerFailure(error: UpstreamError): UpstreamError {
  if (!REFUSALS.has(error.kind)) return error;
  return new UpstreamError('bad_response', { ...detailsOf(error), reason: undefined, retryAfterMs: undefined });
}
