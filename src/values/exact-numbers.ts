/**
 * Numbers that reach us as JSON or GraphQL become doubles, which hold about 16 digits. What a double would change must not
 * pass unseen: it is made infinite on its way in, which no input takes.
 */

/** Starts like a number that may not fit a double: many digits, or an exponent. Looks at 17 characters at the most. */
const SUSPECT = /(?:^|[:,[\s])-?\d(?:[\d.]{15}|[\d.]{0,14}[eE])/;
/** Strings are matched to be left alone; one without an end reaches to the end, so that no text is looked through twice. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?\d[\d.eE+-]*/gs;
/** A number as JSON spells it. */
export const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** JSON for a number that every parser of doubles makes infinite. */
const INFINITE = '1e999';

/** JSON text in which each number that a double would change is one that it makes infinite; all else is as it was. */
export function markInexactNumbers(json: string): string {
  if (!SUSPECT.test(json)) return json;
  return json.replace(TOKEN, (token) =>
    token.startsWith('"') || !JSON_NUMBER.test(token) || isExactNumber(token) ? token : INFINITE,
  );
}

/**
 * JSON text in which each number that a double would change, or that is whole but beyond what doubles count one by one, is
 * the string of its digits; all else is as it was.
 */
export function quoteInexactNumbers(json: string): string {
  if (!SUSPECT.test(json)) return json;
  return json.replace(TOKEN, (token) => {
    if (token.startsWith('"') || !JSON_NUMBER.test(token)) return token;
    const number = Number(token);
    return isExactNumber(token) && (Number.isSafeInteger(number) || !Number.isInteger(number)) ? token : `"${token}"`;
  });
}

/** Whether a double holds the number that this text spells: written out again it has the same digits. */
export function isExactNumber(text: string): boolean {
  const number = Number(text);
  return Number.isFinite(number) && significantDigits(text) === significantDigits(String(number));
}

function significantDigits(text: string): string {
  const digits = text.replace(/[eE].*$/s, '').replace(/[-.]/g, '');
  let first = 0;
  let end = digits.length;
  while (digits[first] === '0') first += 1;
  while (end > first && digits[end - 1] === '0') end -= 1;
  return digits.slice(first, end);
}
