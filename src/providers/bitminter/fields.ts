import { z } from 'zod';
import { parseDecimal, scaleDecimal, type Decimal } from '../../values/decimal.js';
import { instantFromSeconds, type Instant } from '../../values/instant.js';
import { isLosslessObject, numberText } from '../../values/lossless.js';
import type { Count, HashRate } from './model.js';
import { cut } from '../../values/cut.js';

/** GraphQL's Int ends here. */
const MAX_INT = 2_147_483_647;
/** The end of the year 9999, in epoch seconds. */
const LAST_SECOND = 253_402_300_799;

/** A number, or a string of one: what any of the upstream's numbers may come as. NaN and infinities are neither. */
export const decimal = z.unknown().transform((value, context): Decimal => {
  const text = numberText(value);
  const parsed = text === undefined ? undefined : parseDecimal(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'not a number' });
  return z.NEVER;
});

export const float = decimal.transform(Number);

const notNegative = decimal.refine((value) => !value.startsWith('-'), 'below 0');

/** A whole number of any size, 0 or more. */
export const count: z.ZodType<Count> = notNegative.refine((value) => !value.includes('.'), 'not a whole number');

/** A whole number that GraphQL's Int can hold, 0 or more. */
export const smallCount = count.transform(Number).refine((value) => value <= MAX_INT, 'too large');

/** A whole number that GraphQL's Int can hold, of either sign. */
export const smallInteger = float.refine(
  (value) => Number.isInteger(value) && Math.abs(value) <= MAX_INT,
  'not a whole number in range',
);

/** Epoch seconds. */
export const seconds = count.transform(Number).refine((value) => value <= LAST_SECOND, 'no such time');

export const instant = seconds.transform((value): Instant => instantFromSeconds(value));

/** The upstream's two units of hash rates, as powers of ten of hashes per second. */
export const giga: z.ZodType<HashRate> = notNegative.transform((value) => scaleDecimal(value, 9));
export const mega: z.ZodType<HashRate> = notNegative.transform((value) => scaleDecimal(value, 6));

/** A name or an id, which may come as a number. */
export const label = z.unknown().transform((value, context): string => {
  const text = typeof value === 'string' ? value : numberText(value);
  if (text !== undefined && text !== '') return text;
  context.addIssue({ code: 'custom', message: 'not a name' });
  return z.NEVER;
});

/** A map from chains to whatever the schema reads, as rows sorted by chain. Chains come and go: none is expected. */
export function byChain<T>(schema: z.ZodType<T>) {
  return z
    .custom<Readonly<Record<string, unknown>>>(isLosslessObject)
    .transform((map, context): (readonly [chain: string, value: T])[] => {
      const rows: (readonly [string, T])[] = [];
      for (const [chain, source] of Object.entries(map)) {
        const parsed = schema.safeParse(source);
        if (parsed.success) rows.push([chain, parsed.data]);
        else
          context.addIssue({
            code: 'custom',
            message: 'not readable',
            path: [chain, ...(parsed.error.issues[0]?.path ?? [])],
          });
      }
      return rows.sort(([a], [b]) => (a < b ? -1 : 1));
    });
}

/** Where the first fault lies; keys that are not plain words (they may be data) show as `?`. */
export function faultPath(error: z.ZodError, at: readonly (string | number)[] = []): string {
  const steps = [...at, ...(error.issues[0]?.path ?? [])].map(String);
  return cut(steps.map((part) => (/^\w{1,32}$/.test(part) ? part : '?')).join('.'), 200);
}
