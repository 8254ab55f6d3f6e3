import { isLosslessNumber, parse } from 'lossless-json';
import { ExactReader, readInTurns } from './exact-reader.js';
import { holdsMany } from './json-size.js';
import type { Turn } from './next-turn.js';

/** More values than any answer that is read this way: each takes its time, and nothing else runs meanwhile. */
const MOST_VALUES = 250_000;
/** Longer texts are read in parts, and others run in between. */
const SHORT = 131_072;

/** Whether work on a text of this length is worth turns of its own. */
export function isLong(text: string): boolean {
  return text.length > SHORT;
}

/** Whether the text of these bytes of UTF-8 is long whatever it is: no character has more than three for each half. */
export function surelyLong(bytes: Uint8Array): boolean {
  return bytes.length > SHORT * 3;
}

/**
 * Parses JSON with its numbers kept as text (LosslessNumber); undefined when the text is no JSON, gives one key two
 * values, or holds too many values.
 */
export function parseLossless(text: string): unknown {
  if (holdsMany(text, MOST_VALUES)) return undefined;
  try {
    return isLong(text) ? readAtOnce(text) : parse(text);
  } catch {
    return undefined;
  }
}

/** The same, for a long text: no turn has to read all of it. Rejects only as `turn` does. */
export async function parseInTurns(text: string, turn: Turn): Promise<unknown> {
  return holdsMany(text, MOST_VALUES) ? undefined : readInTurns(new ExactReader(text), turn);
}

function readAtOnce(text: string): unknown {
  const reader = new ExactReader(text);
  reader.read(Infinity);
  return reader.value;
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
