import { isLosslessNumber, parse } from 'lossless-json';

/** More values than any answer that is read this way: the parser takes its time with each, and nothing else runs meanwhile. */
const MOST_VALUES = 100_000;

/** Parses JSON with its numbers kept as text (LosslessNumber); undefined when the text is no JSON, gives one key two values, or holds too many values. */
export function parseLossless(text: string): unknown {
  if (holdsMany(text)) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function holdsMany(text: string): boolean {
  if (text.length < MOST_VALUES) return false;
  let values = 0;
  for (let at = text.indexOf(','); at >= 0; at = text.indexOf(',', at + 1)) {
    values += 1;
    if (values > MOST_VALUES) return true;
  }
  return false;
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
