import { UpstreamError } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { isLosslessObject } from '../../values/lossless.js';
import { badResponse, type Reading } from '../reading.js';
import { saysCursorExpired } from './errors.js';

/** What a body that is nothing but an error may have beside it. */
const ERROR_COMPANIONS = new Set([
  'error',
  'status',
  'code',
  'message',
  'success',
  'errorMessage',
  'errorData',
  'requestId',
  'logLines',
]);

/** The JSON of a 2xx answer; throws bad_response when it is nothing but an error. */
export function noErrorBody(body: unknown, answer: Answer, reading: Reading): unknown {
  if (isErrorBody(body)) {
    if (reading.delivery === 'answered' && saysCursorExpired(answer.text))
      throw new UpstreamError('cursor_expired', { ...reading.facts, delivery: 'answered', status: answer.status });
    throw badResponse(reading, 'shape', 'error');
  }
  return body;
}

/** Takes the answer out of a `data` around it, once: when none of these keys is outside and one of `inside` is in there. */
export function unwrap(body: unknown, keys: readonly string[], inside: readonly string[] = keys): unknown {
  if (!isLosslessObject(body) || keys.some((key) => Object.hasOwn(body, key))) return body;
  const inner = body['data'];
  return isLosslessObject(inner) && inside.some((key) => Object.hasOwn(inner, key)) ? inner : body;
}

/** An error in a body whose status says success: a failure all the same. */
function isErrorBody(body: unknown): boolean {
  if (!isLosslessObject(body)) return false;
  const told = (body['error'] !== undefined && body['error'] !== null) || body['errorMessage'] !== undefined;
  return told && Object.keys(body).every((key) => ERROR_COMPANIONS.has(key));
}
