import { Numerals } from './numerals.js';

/**
 * Numbers that reach us as JSON or GraphQL become doubles, which hold about 16 digits. What a double would change must not
 * pass unseen: it is made infinite on its way in, which no input takes.
 */

/** Starts like a number that may not fit a double: many digits, or an exponent. Looks at 17 characters at the most. */
const SUSPECT = /(?:^|[:,[\s])-?\d(?:[\d.]{15}|[\d.]{0,14}[eE])/;
/** A number as JSON spells it. */
export const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** JSON for a number that every parser of doubles makes infinite. */
const INFINITE = '1e999';

/** JSON text in which each number that a double would change is one that it makes infinite; all else is as it was. */
export function markInexactNumbers(json: string): string {
  const numerals = new Numerals(json);
  const marked: string[] = [];
  let from = 0;
  while (numerals.next()) {
    if (numerals.isExact()) continue;
    marked.push(json.slice(from, numerals.start));
    from = numerals.end;
  }
  return from === 0 ? json : marked.join(INFINITE) + INFINITE + json.slice(from);
}

/**
 * JSON text in which each number that a double would change, or that is whole but beyond what doubles count one by one, is
 * the string of its digits; all else is as it was.
 */
export function quoteInexactNumbers(json: string): string {
  const numerals = new Numerals(json);
  let quoted = '';
  let from = 0;
  while (numerals.next()) {
    if (numerals.countsExactly()) continue;
    quoted += `${json.slice(from, numerals.start)}"${json.slice(numerals.start, numerals.end)}"`;
    from = numerals.end;
  }
  return from === 0 ? json : quoted + json.slice(from);
}

/** Parses JSON like `JSON.parse(markInexactNumbers(json))`, and looks through the text only where a number may be inexact. */
export function parseMarkingInexact(json: string): unknown {
  return parseRewriting(json, markInexactNumbers);
}

/**
 * Parses JSON like `JSON.parse(quoteInexactNumbers(json))`, and looks through the text only where a number may be inexact. Not
 * even the value is looked through where `isHarmless` says that no number in it matters.
 */
export function parseQuotingInexact(json: string, isHarmless?: (value: unknown) => boolean): unknown {
  return parseRewriting(json, quoteInexactNumbers, isHarmless);
}

/**
 * Most values are no numbers, and what was parsed is looked through in a tenth of the time that its text takes. A number of
 * less than 16 characters is inexact only where its value shows it; a longer one needs a look at the text.
 */
function parseRewriting(
  json: string,
  rewrite: (json: string) => string,
  isHarmless?: (value: unknown) => boolean,
): unknown {
  const value: unknown = JSON.parse(json);
  if (isHarmless?.(value) === true) return value;
  const numbers = numbersIn(value, DEPTH);
  if (numbers === NONE || (numbers === PLAIN && !holdsLongNumber(json))) return value;
  const rewritten = rewrite(json);
  return rewritten === json ? value : JSON.parse(rewritten);
}

/**
 * What numbers a value holds, the worst of them. Plain: each is a whole one that a double counts exactly, and not zero, which
 * may have been a fraction.
 */
const NONE = 0;
const PLAIN = 1;
const DOUBTFUL = 2;
/** Deeper values are looked at as text. */
const DEPTH = 64;

function numbersIn(value: unknown, depth: number): number {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value !== 0 ? PLAIN : DOUBTFUL;
  if (typeof value !== 'object' || value === null) return NONE;
  if (depth === 0) return DOUBTFUL;
  let found: number = NONE;
  if (Array.isArray(value)) return numbersInList(value, depth);
  const members = value as Readonly<Record<string, unknown>>;
  for (const key in members) {
    const member = members[key];
    if (typeof member !== 'string') found = Math.max(found, numbersIn(member, depth - 1));
    if (found === DOUBTFUL) break;
  }
  return found;
}

function numbersInList(list: readonly unknown[], depth: number): number {
  let found: number = NONE;
  for (let index = 0; index < list.length && found !== DOUBTFUL; index += 1) {
    const item = list[index];
    if (typeof item !== 'string') found = Math.max(found, numbersIn(item, depth - 1));
  }
  return found;
}

const LONG = 16;

/** Whether so many digits and points follow each other; it is enough to look at each 16th character, and around it. */
function holdsLongNumber(json: string): boolean {
  for (let at = LONG - 1; at < json.length; at += LONG) {
    // So long a run that goes through here also goes through one of these.
    if (!isDigitOrPoint(json, at) || !(isDigitOrPoint(json, at - 8) || isDigitOrPoint(json, at + 8))) continue;
    let [first, end] = [at, at + 1];
    while (isDigitOrPoint(json, first - 1)) first -= 1;
    while (isDigitOrPoint(json, end)) end += 1;
    if (end - first >= LONG) return true;
  }
  return false;
}

function isDigitOrPoint(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0x30 && code <= 0x39) || code === 0x2e;
}

/** Whether a quick look finds none that a double might change; false says nothing. */
export function holdsPlainNumbers(json: string): boolean {
  return !SUSPECT.test(json);
}

/** The number that this text spells, or the text itself where a double would change it or cannot count by ones any more. */
export function exactNumberOrText(text: string): number | string {
  const numerals = new Numerals(text);
  return numerals.next() && numerals.countsExactly() ? Number(text) : text;
}

/** Whether a double holds the number that this text spells: written out again it has the same digits. */
export function isExactNumber(text: string): boolean {
  const numerals = new Numerals(text);
  return numerals.next() && numerals.isExact();
}
