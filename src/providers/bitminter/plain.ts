import { MOST_MEMBERS } from '../../values/answer-bounds.js';
import { parseDecimal, scaleDecimal, type Decimal } from '../../values/decimal.js';
import { isLosslessObject, numberText } from '../../values/lossless.js';
import type { Count, HashRate } from './model.js';

/**
 * Reads values without a schema: an account may have ten thousand machines or chains, and a schema's own bookkeeping for each
 * of their values would take longer than a turn may. Undefined is what cannot be read.
 */
export type Reads<T> = (value: unknown) => T | undefined;

/** GraphQL's Int ends here. */
export const MAX_INT = 2_147_483_647;
/** The end of the year 9999, in epoch seconds. */
const LAST_SECOND = 253_402_300_799;

/** A number, or a string of one: what any of the upstream's numbers may come as. NaN and infinities are neither. */
export function readDecimal(value: unknown): Decimal | undefined {
  const text = numberText(value);
  return text === undefined ? undefined : parseDecimal(text);
}

export function readFloat(value: unknown): number | undefined {
  const read = readDecimal(value);
  return read === undefined ? undefined : Number(read);
}

function notNegative(value: unknown): Decimal | undefined {
  const read = readDecimal(value);
  return read === undefined || read.startsWith('-') ? undefined : read;
}

/** A whole number of any size, 0 or more. */
export function readCount(value: unknown): Count | undefined {
  const read = notNegative(value);
  return read === undefined || read.includes('.') ? undefined : read;
}

/** Epoch seconds. */
export function readSeconds(value: unknown): number | undefined {
  const read = readCount(value);
  return read === undefined || Number(read) > LAST_SECOND ? undefined : Number(read);
}

/** The upstream's two units of hash rates, as powers of ten of hashes per second. */
export function readGiga(value: unknown): HashRate | undefined {
  return scaled(notNegative(value), 9);
}

export function readMega(value: unknown): HashRate | undefined {
  return scaled(notNegative(value), 6);
}

function scaled(rate: Decimal | undefined, power: number): HashRate | undefined {
  return rate === undefined ? undefined : scaleDecimal(rate, power);
}

/** A name or an id, which may come as a number. */
export function readLabel(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : numberText(value);
  return text === '' ? undefined : text;
}

/** What cannot be read, by the way to it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';

  constructor(
    readonly path: readonly (string | number)[],
    readonly reason: 'shape' | 'too_large' = 'shape',
  ) {
    super('not readable');
  }
}

/** The value of a key; throws Unreadable. */
export function need<T>(row: Readonly<Record<string, unknown>>, key: string, read: Reads<T>): T {
  return readAt(key, row[key], read);
}

/** As `need`, and null for a key that is not there or holds nothing. */
export function want<T>(row: Readonly<Record<string, unknown>>, key: string, read: Reads<T>): T | null {
  return row[key] === undefined || row[key] === null ? null : need(row, key, read);
}

/** An object to be read by its keys; throws Unreadable. */
export function asRow(value: unknown): Readonly<Record<string, unknown>> {
  if (!isLosslessObject(value)) throw new Unreadable([]);
  return value;
}

/** A map from chains to whatever `read` makes, as rows sorted by chain. Chains come and go: none is expected. Throws Unreadable. */
export function readChains<T>(value: unknown, read: Reads<T>): (readonly [chain: string, value: T])[] {
  const map = asRow(value);
  const chains = Object.keys(map);
  if (chains.length > MOST_MEMBERS) throw new Unreadable([], 'too_large');
  return chains.toSorted().map((chain) => [chain, readAt(chain, map[chain], read)]);
}

function readAt<T>(key: string, value: unknown, read: Reads<T>): T {
  try {
    const made = read(value);
    if (made !== undefined) return made;
  } catch (thrown) {
    throw thrown instanceof Unreadable ? new Unreadable([key, ...thrown.path], thrown.reason) : thrown;
  }
  throw new Unreadable([key]);
}
