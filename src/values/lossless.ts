import { isLosslessNumber, parse } from 'lossless-json';

/** Parses JSON with its numbers kept as text (LosslessNumber); undefined when the text is no JSON, or gives one key two values. */
export function parseLossless(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
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
