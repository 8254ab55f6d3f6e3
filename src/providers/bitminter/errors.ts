import { UpstreamError, type CallFacts, type UpstreamErrorKind } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { kindOfStatus, speaksOfRoute } from '../provider.js';

/**
 * The error that any other answer than a 2xx stands for. The body of such an answer is not described; it is read only for a gateway's
 * words about the address.
 * `mayBeMissing`: whether what was asked for is one object among others. All else is always there, or the address is wrong.
 */
export function refusal(answer: Answer, facts: CallFacts, mayBeMissing: boolean): UpstreamError {
  const { status } = answer;
  const kind = kindOf(status, mayBeMissing && !speaksOfRoute(answer));
  return new UpstreamError(kind, { ...facts, delivery: 'answered', status });
}

function kindOf(status: number, mayBeMissing: boolean): UpstreamErrorKind {
  return status === 404 && !mayBeMissing ? 'bad_response' : kindOfStatus(status);
}
