import { isLosslessNumber, type LosslessNumber } from 'lossless-json';
import { z } from 'zod';
import { parseDecimal } from '../../values/decimal.js';
import { instantFromMillis, type Instant } from '../../values/instant.js';
import { badResponse, type Reading } from '../reading.js';
import { cut } from '../../values/cut.js';

/** The single values in MyPit's answers: what each may come as, and what it is read as. */

/** Times below this are seconds, others milliseconds: the upstream does not say which it sends. */
const MILLIS_FROM = 1e11;
const LAST_MILLIS = 253_402_300_799_999;
const MAX_DAYS = 2_147_483_647;

const number = z.custom<LosslessNumber>(isLosslessNumber, 'not a number');
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
/** Nothing, 0 and null all say that there is no such moment. */
export const time = number.nullish().transform((value, context): Instant | null => {
  const stamp = value ? Number(value.value) : 0;
  if (stamp === 0) return null;
  const millis = stamp < MILLIS_FROM ? stamp * 1000 : stamp;
  if (millis > 0 && millis <= LAST_MILLIS) return instantFromMillis(millis);
  context.addIssue({ code: 'custom', message: 'not a moment' });
  return z.NEVER;
});
export const days = number.nullish().transform((value, context): number | null => {
  const count = value ? Number(value.value) : 0;
  if (Number.isInteger(count) && count <= MAX_DAYS) return count > 0 ? count : null;
  context.addIssue({ code: 'custom', message: 'not a number of days' });
  return z.NEVER;
});
export const price = number.nullish().transform((value, context): string | null => {
  const parsed = value ? parseDecimal(value.value) : null;
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'not a price' });
  return z.NEVER;
});
export const id = z.string().min(1);

/** The way to a value inside an answer. */
export type Path = readonly (string | number)[];

/** What a schema reads of it; throws bad_response naming the path of the first fault. */
export function checked<T>(dto: z.ZodType<T>, source: unknown, reading: Reading, at: Path): T {
  const parsed = dto.safeParse(source);
  if (parsed.success) return parsed.data;
  throw badResponse(reading, 'shape', cut([...at, ...(parsed.error.issues[0]?.path ?? [])].map(String).join('.'), 200));
}
