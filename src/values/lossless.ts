import { isLosslessNumber, LosslessNumber, parse } from 'lossless-json';
import { JSON_NUMBER } from './exact-numbers.js';
import { holdsMany } from './json-size.js';

/** More values than any answer that is read this way: each takes its time, and nothing else runs meanwhile. */
const MOST_VALUES = 200_000;
/** Longer texts are left to the engine's own parser, which is faster by far for what is long, and slower for what is short. */
const SHORT = 131_072;

/**
 * Parses JSON with its numbers kept as text (LosslessNumber); undefined when the text is no JSON, gives one key two
 * values, or holds too many values.
 */
export function parseLossless(text: string): unknown {
  if (holdsMany(text, MOST_VALUES)) return undefined;
  try {
    return text.length > SHORT ? parseLong(text) : parse(text);
  } catch {
    return undefined;
  }
}

/** Strings, with the colon after a key; one without an end reaches to the end, so that no text is looked through twice. Numbers. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*(?:"(?:\s*:)?|\\?$)|-?\d[\d.eE+-]*(?:\s*:)?/gs;
/** Begins the strings that stand for numbers while a text is parsed; nobody outside can know it. */
const MARK = `${crypto.randomUUID()} `;

/** The numbers become marked strings, the engine parses, and the marked strings become numbers that keep their text. */
function parseLong(text: string): unknown {
  let keysWritten = 0;
  const marked = text.replace(TOKEN, (token) => {
    if (!token.startsWith('"')) return JSON_NUMBER.test(token) ? `"${MARK}${token}"` : token;
    if (token.endsWith(':')) keysWritten += 1;
    return token;
  });
  let keysRead = 0;
  const value: unknown = JSON.parse(marked, function restore(this: unknown, key: string, one: unknown) {
    if (!Array.isArray(this)) keysRead += 1;
    if (key === '__proto__') return undefined;
    return typeof one === 'string' && one.startsWith(MARK) ? new LosslessNumber(one.slice(MARK.length)) : one;
  });
  // The whole is visited as a value too, under a key that nobody wrote.
  return keysRead === keysWritten + 1 ? value : undefined;
}

/** Whether this is a JSON object (neither array, null nor number). */
export function isLosslessObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

/** The text of a number that came as a number or as a string; undefined for anything else. */
export function numberText(value: unknown): string | undefined {
  if (isLosslessNumber(value)) return value.value;
  return typeof value === 'string' ? value.trim() : undefined;
}
