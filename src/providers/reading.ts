import { UpstreamError, type BadResponseReason, type CallFacts, type Delivery } from '../errors.js';
import type { Answer } from '../upstream/http.js';
import { holdsMany } from '../values/json-size.js';
import { isLong, parseInTurns, parseLossless } from '../values/lossless.js';
import type { MaybePromise } from '../values/maybe-promise.js';
import type { Turn } from '../values/next-turn.js';

/** One call's view of its own faults: how its errors are built and how far a request with such an answer got. */
export interface Reading {
  readonly facts: CallFacts;
  /** `unclear` for writes: a 2xx that cannot be read may have taken effect. */
  readonly delivery: Delivery;
}

/** The error for an answer that cannot be used; `detail` is a path, never content. */
export function badResponse({ facts, delivery }: Reading, reason: BadResponseReason, detail?: string): UpstreamError {
  return new UpstreamError('bad_response', { ...facts, delivery, reason, detail });
}

/**
 * The text of an answer that may be JSON, whatever its content type says; throws bad_response when it is empty or a page: a
 * domain that was given up is often parked, and answers everything with one.
 */
export function bodyText(answer: Omit<Answer, 'turn'>, reading: Reading): string {
  const text = answer.text.trim();
  if (text === '') throw badResponse(reading, 'empty');
  if (text.startsWith('<')) throw badResponse(reading, 'html');
  return text;
}

/** The longest page of any provider has a third of it; each value takes its time, and nothing else runs meanwhile. */
const MOST_VALUES = 30_000;

/**
 * The JSON of an answer, its numbers still text (LosslessNumber); throws bad_response when there is none, or when it holds
 * more than `most` values.
 */
export function readJson(answer: Omit<Answer, 'turn'>, reading: Reading, most = MOST_VALUES): unknown {
  return isJson(parseLossless(boundedText(answer, reading, most)), reading);
}

/** What an answer's JSON means. Of a long answer the reading, the understanding and what comes then have turns of their own. */
export function understandJson<T>(
  answer: Answer,
  reading: Reading,
  understand: (json: unknown, reading: Reading, turn: Turn) => MaybePromise<T>,
  most = MOST_VALUES,
): MaybePromise<T> {
  const turn: Turn = () => answer.turn();
  if (!isLong(answer.text)) return understand(readJson(answer, reading, most), reading, turn);
  const read = parseInTurns(boundedText(answer, reading, most), turn).then((json) => isJson(json, reading));
  return inTurns(read, (json) => understand(json, reading, turn), turn);
}

/** Understands what was read of a long answer in a turn of its own, and leaves another to whoever wants it. */
export async function inTurns<T>(
  read: unknown,
  understand: (json: unknown) => MaybePromise<T>,
  turn: Turn,
): Promise<T> {
  const json = await read;
  await turn();
  const understood = await understand(json);
  await turn();
  return understood;
}

/** The text of an answer that may be JSON of at most so many values; throws bad_response. */
export function boundedText(answer: Omit<Answer, 'turn'>, reading: Reading, most: number): string {
  const text = bodyText(answer, reading);
  if (holdsMany(text, most)) throw badResponse(reading, 'too_large');
  return text;
}

function isJson(body: unknown, reading: Reading): unknown {
  if (body === undefined) throw badResponse(reading, 'not_json');
  return body;
}

/** An answer about something else than what was asked (a mixed-up socket, a confused proxy) is nobody's answer. */
export function same<T>(object: T, matches: (object: T) => boolean, reading: Reading): T {
  if (!matches(object)) throw badResponse(reading, 'identity_mismatch');
  return object;
}

/** The results of a loader's batch, whose failures it forgets: they must not answer later askers of the same operation. */
export function forgetFailures<K, V>(
  loader: { clear(key: K): unknown },
  keys: readonly K[],
  results: readonly (V | Error)[],
): readonly (V | Error)[] {
  keys.forEach((key, index) => {
    if (results[index] instanceof Error) loader.clear(key);
  });
  return results;
}
