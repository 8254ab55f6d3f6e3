/** What `exact-numbers.ts` does, by patterns and by writing each number out again: plain, and many times as slow. */

/** Strings are matched to be left alone; one without an end reaches to the end, so that no text is looked through twice. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?\d[\d.eE+-]*/gs;
/** A number as JSON spells it. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** JSON for a number that every parser of doubles makes infinite. */
const INFINITE = '1e999';

/** JSON text in which each number that a double would change is one that it makes infinite; all else is as it was. */
export function markedByPatterns(json: string): string {
  return json.replace(TOKEN, (token) =>
    token.startsWith('"') || !JSON_NUMBER.test(token) || isExactByText(token) ? token : INFINITE,
  );
}

/**
 * JSON text in which each number that a double would change, or that is whole but beyond what doubles count one by one, is
 * the string of its digits; all else is as it was.
 */
export function quotedByPatterns(json: string): string {
  return json.replace(TOKEN, (token) => {
    if (token.startsWith('"') || !JSON_NUMBER.test(token)) return token;
    return countsExactly(token) ? token : `"${token}"`;
  });
}

function countsExactly(text: string): boolean {
  const number = Number(text);
  return isExactByText(text) && (Number.isSafeInteger(number) || !Number.isInteger(number));
}

/** Whether a double holds the number that this text spells: written out again it has the same digits. */
export function isExactByText(text: string): boolean {
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
