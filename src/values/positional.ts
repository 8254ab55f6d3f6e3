/** The digits of base58 as CIDs and peer ids use it. */
export const BASE_58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Digits that are taken at once: as many as a double holds exactly in any of the bases. */
const AT_ONCE = 8;

/**
 * The bytes that a text stands for in a base whose digits are no whole number of bits, such as base58. The usual libraries
 * need the square of the length for it: 250 KB would hold everybody up for minutes. Throws for a character that is no digit.
 */
export function decodePositional(text: string, alphabet: string): Uint8Array {
  const base = alphabet.length;
  const zero = alphabet[0];
  let zeros = 0;
  while (zeros < text.length && text[zeros] === zero) zeros += 1;
  let value = 0n;
  for (let at = zeros; at < text.length; at += AT_ONCE) {
    const end = Math.min(text.length, at + AT_ONCE);
    value = value * BigInt(base ** (end - at)) + BigInt(digitsAt(text, at, end, alphabet));
  }
  const hex = value === 0n ? '' : value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  // Each zero that leads stands for a byte of its own.
  return zeros === 0 ? bytes : Buffer.concat([Buffer.alloc(zeros), bytes]);
}

function digitsAt(text: string, from: number, to: number, alphabet: string): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = alphabet.indexOf(text.charAt(at));
    if (digit < 0) throw new RangeError('not a digit of this base');
    value = value * alphabet.length + digit;
  }
  return value;
}
