import { z } from 'zod';
import { cut } from '../../values/cut.js';
import { parseDecimal, type Decimal } from '../../values/decimal.js';
import { parseInstant, type Instant } from '../../values/instant.js';
import type { Answer } from '../../upstream/http.js';
import { badResponse, type Reading } from '../reading.js';

/** What Horizon's answers are made of. */

export const instant = z.string().transform((text, context): Instant => {
  const parsed = parseInstant(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'not a date-time' });
  return z.NEVER;
});

export const amount = z.string().transform((text, context): Decimal => {
  const parsed = parseDecimal(text);
  if (parsed !== undefined && !parsed.startsWith('-')) return parsed;
  context.addIssue({ code: 'custom', message: 'not an amount' });
  return z.NEVER;
});

export const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** The most rows that an answer may have; we ask for fewer. */
const MOST_ROWS = 1_000;
const pageDto = z.object({ _embedded: z.object({ records: z.array(z.unknown()) }) });

/** The rows of a page, each unread. */
export function recordsOf(source: unknown, reading: Reading): readonly unknown[] {
  const { records } = read(pageDto, source, reading)._embedded;
  if (records.length > MOST_ROWS) throw badResponse(reading, 'too_large');
  return records;
}

/** The date that an answer bears, in epoch milliseconds; null where it cannot be read. */
export function madeAtOf({ date = '' }: Answer['headers']): number | null {
  const at = Date.parse(date);
  return Number.isNaN(at) ? null : at;
}

/** Throws bad_response naming the path of the first fault; `at` leads to what is read. */
export function read<T>(dto: z.ZodType<T>, source: unknown, reading: Reading, at = ''): T {
  const parsed = dto.safeParse(source);
  if (parsed.success) return parsed.data;
  const path = [at, ...(parsed.error.issues[0]?.path ?? [])].filter((part) => part !== '').map(String);
  throw badResponse(reading, 'shape', cut(path.join('.'), 200));
}
