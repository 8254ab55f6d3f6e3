/**
 * An exact decimal number as text in its shortest plain form: no exponent, no plus sign, no needless zero, no negative
 * zero. Two Decimals are the same number when their texts are equal. Money never passes through a float.
 */
export type Decimal = string;

/** `digits` × 10^-`scale`; a scale of 0 or more. */
interface Scaled {
  readonly digits: bigint;
  readonly scale: number;
}

const MAX_LENGTH = 100;
const MAX_EXPONENT = 50;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
const CANONICAL = /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;

/**
 * Reads a number in plain or exponent form, as people and JSON write it. Undefined when the text is not a number, is longer
 * than 100 characters, or has an exponent beyond 50 either way (a few characters must not become a million digits).
 */
export function parseDecimal(source: string): Decimal | undefined {
  if (source.length > MAX_LENGTH) return undefined;
  if (CANONICAL.test(source) && source !== '-0') return source;
  const match = NUMBER.exec(source);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const power = Number(exponent);
  if (Math.abs(power) > MAX_EXPONENT) return undefined;
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}` || '0');
  return format(shift({ digits, scale: fraction.length }, power));
}

/** Negative when `a` is the smaller, 0 when they are equal. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const [left, right] = align(unpack(a), unpack(b));
  return left < right ? -1 : Number(left > right);
}

export function isPositive(value: Decimal): boolean {
  return unpack(value).digits > 0n;
}

/** Digits after the point: 0 for a whole number. */
export function fractionDigits(value: Decimal): number {
  return unpack(value).scale;
}

/** Multiplies by 10^`powerOfTen` by moving the point, exactly: the conversion between decimal units. */
export function scaleDecimal(value: Decimal, powerOfTen: number): Decimal {
  if (!Number.isInteger(powerOfTen)) throw new RangeError('a power of ten is a whole number');
  return format(shift(unpack(value), powerOfTen));
}

function unpack(value: Decimal): Scaled {
  if (!CANONICAL.test(value)) throw new RangeError('not a decimal in its canonical form');
  const point = value.indexOf('.');
  const scale = point < 0 ? 0 : value.length - point - 1;
  return { digits: BigInt(value.replace('.', '')), scale };
}

function shift({ digits, scale }: Scaled, power: number): Scaled {
  const moved = scale - power;
  return moved >= 0 ? { digits, scale: moved } : { digits: digits * 10n ** BigInt(-moved), scale: 0 };
}

/** Both as whole numbers of the finer unit. */
function align(a: Scaled, b: Scaled): [bigint, bigint] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale)];
}

function format({ digits, scale }: Scaled): Decimal {
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  const fraction = text.slice(text.length - scale).replace(/0+$/, '');
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}
