import { isLosslessNumber } from 'lossless-json';
import { z } from 'zod';
import { parseDecimal } from '../../values/decimal.js';
import { JSON_NUMBER } from '../../values/exact-numbers.js';
import { parseInstant, type Instant } from '../../values/instant.js';
import type { Json } from '../../values/json.js';
import { numberText } from '../../values/lossless.js';
import { plainJson } from '../../values/plain-json.js';
import { cut } from '../../values/cut.js';

/** The single values in Pi's answers: what each may come as, and what it is read as. */

export const instant = z.string().transform((text, context): Instant => {
  const parsed = parseInstant(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'not a date-time' });
  return z.NEVER;
});
/** A number, or its text; what is below nothing is no amount. */
export const amount = z.unknown().transform((value, context): string => {
  const text = numberText(value);
  const parsed = text !== undefined && JSON_NUMBER.test(text) ? parseDecimal(text) : undefined;
  if (parsed !== undefined && !parsed.startsWith('-')) return parsed;
  context.addIssue({ code: 'custom', message: 'not an amount' });
  return z.NEVER;
});
export const metadata = z
  .unknown()
  .optional()
  .transform((value, context): Json => {
    if (value === null || value === undefined) return {};
    const plain = plainJson(value);
    if (plain !== undefined) return plain;
    context.addIssue({ code: 'custom', message: 'not of sensible depth' });
    return z.NEVER;
  });
/** Shown to people, and nothing rests on it: none, or another shape, costs nobody the payment. */
export const memo = z
  .unknown()
  .optional()
  .transform((value): string => (isLosslessNumber(value) ? value.value : textOr(value, '')));
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
/** The upstream leaves addresses out, or empty, until it knows them. */
export const address = z
  .unknown()
  .optional()
  .transform((value): string | null => textOr(value, null) || null);
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
export const optionalInstant = instant.nullish().transform((value) => value ?? null);

export function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise;
}

/** Where the first fault lies. */
export function faultPath(error: z.ZodError, at: readonly (string | number)[]): string {
  return cut([...at, ...(error.issues[0]?.path ?? [])].map(String).join('.'), 200);
}
