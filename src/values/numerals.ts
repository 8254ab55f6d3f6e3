const [QUOTE, PLUS, MINUS, POINT, ZERO, NINE, UPPER_E, BACKSLASH, LOWER_E] = [
  34, 43, 45, 46, 48, 57, 69, 92, 101,
] as const;

/** As many digits come back from any double as they went in, but for its least and its greatest; one more may be lost. */
const SURE_DIGITS = 15;
/** What a double is written out with, at the most. */
const MOST_DIGITS = 17;
/** Powers of ten of the first digit, within which doubles are as exact as they get. */
const [LEAST_SURE, MOST_SURE] = [-307, 307] as const;
/** Beyond these it is no number at all, or none but zero. */
const [LEAST_TEN, MOST_TEN] = [-324, 308] as const;
/** Whole numbers whose first digit has this power of ten are partly too large for doubles to count by ones. */
const LAST_COUNTED = 15;
/** No text has so many digits that a greater exponent would mean anything else. */
const ENDLESS = 1e9;

/**
 * The numbers of a JSON text, one after the other: what stands in strings is none, nor what JSON would not spell so. It looks
 * at each character once and makes no text of what is surely exact: the engine takes longer to parse these numbers.
 */
export class Numerals {
  start = 0;
  end = 0;
  /** Digits from the first that is not zero to the last that is not; none of a zero, and of a short whole number, which is as sure. */
  #significant = 0;
  /** Where the first of these stands, and its power of ten. */
  #first = 0;
  #ten = 0;
  /** While a number is read: its digits, and which of them is the first and the last that is not zero. */
  #count = 0;
  #firstIndex = 0;
  #lastIndex = 0;

  constructor(private readonly text: string) {}

  /** Goes to the next one; false when there is none. */
  next(): boolean {
    const { text } = this;
    for (let at = this.end; at < text.length;) {
      const code = codeAt(text, at);
      if (code === QUOTE) at = this.#endOfString(at + 1);
      else if (isDigit(code) || (code === MINUS && isDigit(codeAt(text, at + 1)))) {
        this.start = at;
        const end = this.#read(code === MINUS ? at + 1 : at);
        at = this.end = this.#endOfRun(Math.max(at + 1, end));
        if (at === end) return true;
      } else at += 1;
    }
    return false;
  }

  /** Whether a double holds the number: written out again it has the same digits. */
  isExact(): boolean {
    if (this.#significant === 0 || this.#isSure()) return true;
    if (this.#significant > MOST_DIGITS || this.#ten > MOST_TEN || this.#ten < LEAST_TEN) return false;
    const number = this.#number();
    return Number.isFinite(number) && this.#hasDigitsOf(String(number));
  }

  /** Whether besides, where it is whole, doubles count by ones there. */
  countsExactly(): boolean {
    if (this.#significant === 0) return true;
    if (this.#isSure() && this.#ten !== LAST_COUNTED) return this.#ten < LAST_COUNTED;
    if (!this.isExact()) return false;
    const number = this.#number();
    return Number.isSafeInteger(number) || !Number.isInteger(number);
  }

  #isSure(): boolean {
    return this.#significant <= SURE_DIGITS && this.#ten >= LEAST_SURE && this.#ten <= MOST_SURE;
  }

  #number(): number {
    return Number(this.text.slice(this.start, this.end));
  }

  /** Whether these are the digits of a number as the engine writes it, whatever zeros stand around them. */
  #hasDigitsOf(written: string): boolean {
    const { text } = this;
    let [at, other] = [this.#first, 0];
    while (isAroundDigits(codeAt(written, other))) other += 1;
    for (let left = this.#significant; left > 0; left -= 1) {
      if (codeAt(text, at) === POINT) at += 1;
      if (codeAt(written, other) === POINT) other += 1;
      if (codeAt(text, at) !== codeAt(written, other)) return false;
      at += 1;
      other += 1;
    }
    while (isAroundDigits(codeAt(written, other))) other += 1;
    return !isDigit(codeAt(written, other));
  }

  /** A string without an end reaches to the end, so that no text is looked through twice. */
  #endOfString(from: number): number {
    const { text } = this;
    let at = from;
    while (at < text.length) {
      const code = codeAt(text, at);
      if (code === QUOTE) return at + 1;
      at += code === BACKSLASH ? 2 : 1;
    }
    return text.length;
  }

  /** The end of what could go on with a number, as JSON or wrongly. */
  #endOfRun(from: number): number {
    let at = from;
    while (isOfNumber(codeAt(this.text, at))) at += 1;
    return at;
  }

  /** Reads a number from its first digit on; returns where it ends, WRONG for one that JSON would not spell so. */
  #read(from: number): number {
    const { text } = this;
    const short = this.#endOfShort(from);
    if (short !== WRONG) {
      this.#significant = 0;
      return short;
    }
    this.#count = this.#firstIndex = this.#lastIndex = 0;
    this.#first = NONE;
    let at = this.#countDigits(from);
    const whole = this.#count;
    if (whole > 1 && codeAt(text, from) === ZERO) return WRONG;
    if (codeAt(text, at) === POINT) {
      at = this.#countDigits(at + 1);
      if (this.#count === whole) return WRONG;
    }
    this.#significant = this.#first === NONE ? 0 : this.#lastIndex - this.#firstIndex + 1;
    this.#ten = whole - 1 - this.#firstIndex;
    const code = codeAt(text, at);
    return code === LOWER_E || code === UPPER_E ? this.#readExponent(at + 1) : at;
  }

  /** Most numbers are whole and short: their digits need not be counted. */
  #endOfShort(from: number): number {
    const { text } = this;
    let at = from + 1;
    while (at < from + SURE_DIGITS && isDigit(codeAt(text, at))) at += 1;
    if (isOfNumber(codeAt(text, at))) return WRONG;
    return at === from + 1 || codeAt(text, from) !== ZERO ? at : WRONG;
  }

  #countDigits(from: number): number {
    const { text } = this;
    let at = from;
    for (let code = codeAt(text, at); isDigit(code); code = codeAt(text, (at += 1))) {
      if (code === ZERO) continue;
      this.#lastIndex = this.#count + at - from;
      if (this.#first !== NONE) continue;
      this.#first = at;
      this.#firstIndex = this.#lastIndex;
    }
    this.#count += at - from;
    return at;
  }

  #readExponent(from: number): number {
    const { text } = this;
    const sign = codeAt(text, from);
    const first = sign === PLUS || sign === MINUS ? from + 1 : from;
    let [at, exponent] = [first, 0];
    for (let code = codeAt(text, at); isDigit(code); code = codeAt(text, (at += 1)))
      if (exponent < ENDLESS) exponent = exponent * 10 + code - ZERO;
    this.#ten += sign === MINUS ? -exponent : exponent;
    return at === first ? WRONG : at;
  }
}

const NONE = -1;
const WRONG = -1;

/** NUL beyond the end. Where it looked there but once, the engine would from then on take five times as long for each. */
function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isAroundDigits(code: number): boolean {
  return code === ZERO || code === POINT || code === MINUS;
}

function isOfNumber(code: number): boolean {
  return isDigit(code) || code === POINT || code === LOWER_E || code === UPPER_E || code === PLUS || code === MINUS;
}
