import type { Call } from '../upstream/http.js';

/** With what writes rest: a 429 to one keeps back the others, and not the looks for what it may have done all the same. */
export const CHANGES = 'changes';

/** A call before its headers are known, and what its answers mean. */
export type CallParts<T> = Omit<Call<T>, 'headers' | 'accept' | 'refuse'>;

/**
 * A whole call. Every field is named, in one order: spread into a new object (`{ ...parts, headers }`) it takes V8 thirty times as
 * long, and each call is of a kind of its own, for which nothing that handles calls stays compiled.
 */
export function callOf<T>(
  parts: CallParts<T>,
  headers: Call<T>['headers'],
  accept: Call<T>['accept'],
  refuse: Call<T>['refuse'],
): Call<T> {
  return {
    operation: parts.operation,
    method: parts.method,
    path: parts.path,
    headers,
    body: parts.body,
    effect: parts.effect,
    freshSocket: parts.freshSocket,
    retries: parts.retries,
    subject: parts.subject,
    asksWho: parts.asksWho,
    lane: parts.lane,
    restsWith: parts.restsWith,
    refusesInText: parts.refusesInText,
    accept,
    refuse,
  };
}
