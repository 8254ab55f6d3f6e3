import { z } from 'zod';
import { cut } from '../../values/cut.js';
import { instantFromSeconds, type Instant } from '../../values/instant.js';
import type { Count, HashRate } from './model.js';
import {
  MAX_INT,
  readChains,
  readCount,
  readDecimal,
  readFloat,
  readGiga,
  readLabel,
  readMega,
  readSeconds,
  Unreadable,
  type Reads,
} from './plain.js';

/** A schema of what is read in plain code. */
function by<T>(read: Reads<T>, message: string) {
  return z.unknown().transform((value, context): T => {
    try {
      const made = read(value);
      if (made !== undefined) return made;
      context.addIssue({ code: 'custom', message });
    } catch (thrown) {
      if (!(thrown instanceof Unreadable)) throw thrown;
      context.addIssue({ code: 'custom', message, path: [...thrown.path], params: { reason: thrown.reason } });
    }
    return z.NEVER;
  });
}

export const decimal = by(readDecimal, 'not a number');

export const float = by(readFloat, 'not a number');

/** A whole number of any size, 0 or more. */
export const count: z.ZodType<Count> = by(readCount, 'not a whole number');

/** A whole number that GraphQL's Int can hold, 0 or more. */
export const smallCount = count.transform(Number).refine((value) => value <= MAX_INT, 'too large');

/** A whole number that GraphQL's Int can hold, of either sign. */
export const smallInteger = float.refine(
  (value) => Number.isInteger(value) && Math.abs(value) <= MAX_INT,
  'not a whole number in range',
);

/** Epoch seconds. */
export const seconds = by(readSeconds, 'no such time');

export const instant = seconds.transform((value): Instant => instantFromSeconds(value));

export const giga: z.ZodType<HashRate> = by(readGiga, 'not a rate');
export const mega: z.ZodType<HashRate> = by(readMega, 'not a rate');

/** A name or an id, which may come as a number. */
export const label = by(readLabel, 'not a name');

/** A map from chains to whatever is read of each, as rows sorted by chain. */
export function byChain<T>(read: Reads<T>) {
  return by((value) => readChains(value, read), 'not readable');
}

/** What the first fault is. */
export function faultReason(error: z.ZodError): 'shape' | 'too_large' {
  const [issue] = error.issues;
  return issue?.code === 'custom' && issue.params?.['reason'] === 'too_large' ? 'too_large' : 'shape';
}

/** Where the first fault lies. */
export function faultPath(error: z.ZodError, at: readonly (string | number)[] = []): string {
  return pathText([...at, ...(error.issues[0]?.path ?? [])]);
}

/** A path for operators; keys that are not plain words (they may be data) show as `?`. */
export function pathText(path: readonly PropertyKey[]): string {
  const steps = path.map(String).map((part) => (/^\w{1,32}$/.test(part) ? part : '?'));
  return cut(steps.join('.'), 200);
}
