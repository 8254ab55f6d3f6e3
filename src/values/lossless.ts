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
  const value: unknown = JSON.parse(marked);
  const numbers = new MarkedNumbers();
  const whole = numbers.restore(value);
  return numbers.keysRead === keysWritten ? whole : undefined;
}

/** Puts numbers in the place of marked strings, all the way down. The parser's own hook for that takes three times as long. */
class MarkedNumbers {
  keysRead = 0;

  restore(value: unknown): unknown {
    if (typeof value === 'string') return value.startsWith(MARK) ? new LosslessNumber(value.slice(MARK.length)) : value;
    if (Array.isArray(value)) this.#restoreItems(value);
    else if (typeof value === 'object' && value !== null) this.#restoreFields(value as Record<string, unknown>);
    return value;
  }

  #restoreItems(items: unknown[]): void {
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index];
      const restored = this.restore(item);
      if (restored !== item) items[index] = restored;
    }
  }

  #restoreFields(fields: Record<string, unknown>): void {
    for (const key of Object.keys(fields)) {
      this.keysRead += 1;
      const field = fields[key];
      const restored = this.restore(field);
      if (key === '__proto__') delete fields[key];
      else if (restored !== field) fields[key] = restored;
    }
  }
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
