import { UpstreamError, type BadResponseReason, type CallFacts, type Delivery } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { isLosslessObject, parseLossless } from '../../values/lossless.js';
import { saysCursorExpired } from './errors.js';

/** One call's view of its own faults: how its errors are built and how far a request with such an answer got. */
export interface Reading {
  readonly facts: CallFacts;
  /** `unclear` for writes: a 2xx that cannot be read may have taken effect. */
  readonly delivery: Delivery;
}

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

/** The error for an answer that cannot be used; `detail` is a path, never content. */
export function badResponse(reading: Reading, reason: BadResponseReason, detail?: string): UpstreamError {
  return new UpstreamError('bad_response', { ...reading.facts, delivery: reading.delivery, reason, detail });
}

/** The JSON of a 2xx answer, its numbers still text (LosslessNumber); throws bad_response when there is none, or only an error. */
export function readJson(answer: Answer, reading: Reading): unknown {
  const text = answer.text.trim();
  if (text === '') throw badResponse(reading, 'empty');
  if (text.startsWith('<')) throw badResponse(reading, 'html');
  const body = parseLossless(text);
  if (body === undefined) throw badResponse(reading, 'not_json');
  if (isErrorBody(body)) {
    if (saysCursorExpired(text))
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
