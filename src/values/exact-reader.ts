import { LosslessNumber } from 'lossless-json';
import type { Turn } from './next-turn.js';

const [TAB, NEWLINE, RETURN, SPACE] = [9, 10, 13, 32] as const;
const [QUOTE, PLUS, COMMA, MINUS, POINT, ZERO, NINE, COLON] = [34, 43, 44, 45, 46, 48, 57, 58] as const;
const [UPPER_E, OPEN_LIST, BACKSLASH, CLOSE_LIST, LOWER_E, OPEN_OBJECT, CLOSE_OBJECT] = [
  69, 91, 92, 93, 101, 123, 125,
] as const;

/** How a text is read. */
export interface ReadingManner {
  /** What becomes of a number, by its text. */
  number(text: string): unknown;
  /** Whether an object that has one key twice has the last of its values, as for the engine; else the text is no JSON. */
  readonly lastCounts: boolean;
  /** What is nested deeper is no JSON: who walks through values calls itself for each level. */
  readonly levels: number;
}

const exact: ReadingManner = { number: (text) => new LosslessNumber(text), lastCounts: false, levels: 1_000 };
/** Longer parts of a text are no copies in V8, but keep the whole text in memory. */
const LONGEST_COPY = 12;

/** A list or an object that has not ended yet. */
interface Open {
  readonly value: unknown[] | Record<string, unknown>;
  readonly end: typeof CLOSE_LIST | typeof CLOSE_OBJECT;
  /** Of the field that is being read. */
  key: string;
}

/**
 * Reads JSON with its numbers kept as text (LosslessNumber, where not told otherwise), a part at a time, so that others may
 * run in between. Throws SyntaxError for what is no JSON. A key `__proto__` is left out.
 */
export class ExactReader {
  #at = 0;
  /** From the outermost to the innermost. */
  readonly #open: Open[] = [];
  /** The whole, once it was read. */
  value: unknown;

  constructor(
    private readonly text: string,
    private readonly manner: ReadingManner = exact,
  ) {}

  /** Reads so many values on; whether that was all. */
  read(most: number): boolean {
    for (let left = most; left > 0; left -= 1) {
      const value = this.#begin();
      if (value !== undefined && this.#place(value)) return true;
    }
    return false;
  }

  /** The value that stands here; undefined for one that goes on with a value inside. */
  #begin(): unknown {
    const code = this.#skipSpace();
    if (code === QUOTE) return this.#string();
    if (code === OPEN_OBJECT) return this.#enter({ value: {}, end: CLOSE_OBJECT, key: '' });
    if (code === OPEN_LIST) return this.#enter({ value: [], end: CLOSE_LIST, key: '' });
    if (code === MINUS || isDigit(code)) return this.#number();
    return this.#word();
  }

  #enter(open: Open): unknown {
    this.#at += 1;
    if (this.#skipSpace() === open.end) {
      this.#at += 1;
      return open.value;
    }
    if (this.#open.push(open) > this.manner.levels) throw new SyntaxError('nested too deep');
    if (open.end === CLOSE_OBJECT) open.key = this.#key();
    return undefined;
  }

  /** Puts a value where it belongs, and with it all that ends here; whether that was all. */
  #place(value: unknown): boolean {
    let whole = value;
    for (;;) {
      const open = this.#open.at(-1);
      if (open === undefined) return this.#finish(whole);
      this.#add(open, whole);
      const code = this.#skipSpace();
      this.#at += 1;
      if (code === COMMA) {
        if (open.end === CLOSE_OBJECT) open.key = this.#key();
        return false;
      }
      if (code !== open.end) throw this.#fault();
      this.#open.pop();
      whole = open.value;
    }
  }

  #add({ value, key }: Open, item: unknown): void {
    if (Array.isArray(value)) value.push(item);
    else if (key !== '__proto__') {
      if (!this.manner.lastCounts && value[key] !== undefined && Object.hasOwn(value, key)) throw this.#fault();
      value[key] = item;
    }
  }

  #finish(whole: unknown): boolean {
    this.#skipSpace();
    if (this.#at < this.text.length) throw this.#fault();
    this.value = whole;
    return true;
  }

  #key(): string {
    if (this.#skipSpace() !== QUOTE) throw this.#fault();
    const key = this.#string();
    if (this.#skipSpace() !== COLON) throw this.#fault();
    this.#at += 1;
    return key;
  }

  #string(): string {
    const { text } = this;
    const from = this.#at;
    let plain = true;
    let at = from + 1;
    for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
      // Not even this at the end of the text, where there is no code.
      if (!(code >= SPACE)) throw this.#fault();
      if (code === BACKSLASH) plain = false;
      at += code === BACKSLASH ? 2 : 1;
    }
    this.#at = at + 1;
    if (plain && at - from - 1 <= LONGEST_COPY) return text.slice(from + 1, at);
    return JSON.parse(text.slice(from, at + 1)) as string;
  }

  #number(): unknown {
    const { text } = this;
    const from = this.#at;
    let at = text.charCodeAt(from) === MINUS ? from + 1 : from;
    at = text.charCodeAt(at) === ZERO ? at + 1 : this.#digits(at);
    if (text.charCodeAt(at) === POINT) at = this.#digits(at + 1);
    const code = text.charCodeAt(at);
    if (code === LOWER_E || code === UPPER_E) {
      const sign = text.charCodeAt(at + 1);
      at = this.#digits(sign === MINUS || sign === PLUS ? at + 2 : at + 1);
    }
    this.#at = at;
    const number = text.slice(from, at);
    return this.manner.number(number.length <= LONGEST_COPY ? number : (JSON.parse(`"${number}"`) as string));
  }

  /** The end of the digits that stand here, one at least. */
  #digits(from: number): number {
    let at = from;
    while (isDigit(this.text.charCodeAt(at))) at += 1;
    if (at === from) throw this.#fault();
    return at;
  }

  #word(): boolean | null {
    for (const [word, value] of WORDS) {
      if (!this.text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    throw this.#fault();
  }

  /** What comes after the space that may stand here; NaN at the end. */
  #skipSpace(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== SPACE && code !== NEWLINE && code !== RETURN && code !== TAB) return code;
      this.#at += 1;
    }
  }

  #fault(): SyntaxError {
    return new SyntaxError(`no JSON at ${this.#at}`);
  }
}

const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** So many values are read in a turn. */
const VALUES_A_TURN = 4_000;

/** All that a reader reads, each part in a turn of its own; undefined for what is no JSON. Rejects only as `turn` does. */
export async function readInTurns(reader: ExactReader, turn: Turn): Promise<unknown> {
  while (readsOn(reader)) await turn();
  return reader.value;
}

/** Whether there is more to read after this part. */
function readsOn(reader: ExactReader): boolean {
  try {
    return !reader.read(VALUES_A_TURN);
  } catch {
    return false;
  }
}
