import { UpstreamError, type CallFacts, type UpstreamErrorKind } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { kindOfStatus } from '../provider.js';

/**
 * The error that any other answer than a 2xx stands for. The body of such an answer is not described and not read.
 * `mayBeMissing`: whether what was asked for is one object among others. All else is always there, or the address is wrong.
 */
export function refusal({ status }: Answer, facts: CallFacts, mayBeMissing: boolean): UpstreamError {
  return new UpstreamError(kindOf(status, mayBeMissing), { ...facts, delivery: 'answered', status });
}

function kindOf(status: number, mayBeMissing: boolean): UpstreamErrorKind {
  return status === 404 && !mayBeMissing ? 'bad_response' : kindOfStatus(status);
}
