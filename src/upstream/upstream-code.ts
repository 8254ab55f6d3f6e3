import type { UpstreamError } from '../errors.js';

const LONGEST_CODE = 64;
const MOST_WORDS = 10;
/** `payment`, `NOT`, `notFound`, `E1001`, `404`: what people name things by. Keys and tokens mix letters and digits. */
const WORD = /^(?:(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]+(?:[A-Z][a-z]+)*)\d{0,4}|\d{1,4})$/;
/** Shorter parts of what was sent, such as `key`, are words that a code may hold as well. */
const SHORTEST_SECRET = 6;

/** Whether a text of an upstream is a code for programs, and nothing of what it was sent. */
export function isPlainCode(code: string, sent: readonly string[]): boolean {
  if (code.length > LONGEST_CODE) return false;
  const words = code.split(/[_.-]/);
  if (words.length > MOST_WORDS || !words.every((word) => WORD.test(word))) return false;
  const folded = code.toLowerCase();
  return !sent
    .flatMap((text) => text.toLowerCase().split(/[\s=]+/))
    .some(
      (part) =>
        part.length >= SHORTEST_SECRET &&
        (folded.includes(part) || (folded.length >= SHORTEST_SECRET && part.includes(folded))),
    );
}

/**
 * The error without a code that is none: an upstream may echo the very secret that it refuses. Changes the error itself,
 * which nobody has seen yet.
 */
export function withPlainCode(error: UpstreamError, sent: Readonly<Record<string, string>> | undefined): UpstreamError {
  const { upstreamCode } = error;
  if (upstreamCode === undefined || isPlainCode(upstreamCode, Object.values(sent ?? {}))) return error;
  return Object.assign(error, { upstreamCode: undefined });
}
