import { UpstreamError, type BadResponseReason, type CallFacts, type UpstreamErrorKind } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { parseLossless } from '../../values/lossless.js';
import { kindOfStatus } from '../provider.js';

/** The error for an answer that cannot be used; `detail` is a path, never content. */
export function badResponse(facts: CallFacts, reason: BadResponseReason, detail?: string): UpstreamError {
  return new UpstreamError('bad_response', { ...facts, delivery: 'answered', reason, detail });
}

/** The JSON of an answer whatever its content type says, numbers still text; throws bad_response when there is none. */
export function readJson(answer: Answer, facts: CallFacts): unknown {
  const text = answer.text.trim();
  if (text === '') throw badResponse(facts, 'empty');
  // A domain that was given up is often parked, and answers everything with a page.
  if (text.startsWith('<')) throw badResponse(facts, 'html');
  const body = parseLossless(text);
  if (body === undefined) throw badResponse(facts, 'not_json');
  return body;
}

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
