import { isLong, surelyLong } from '../values/lossless.js';
import { nextTurn } from '../values/next-turn.js';
import type { Answer, ReceivedAnswer } from './http.js';

export type Headers = Record<string, string | string[] | undefined>;

/** An answer of these bytes, which are UTF-8; or of none, when it is too long to be read. */
export function wireAnswer(
  status: number,
  headers: Headers,
  body: Buffer | undefined,
  tooLong = false,
): ReceivedAnswer {
  if (body && surelyLong(body)) return new LongWireAnswer(status, headers, body);
  return new ShortWireAnswer(status, headers, body ? textOf(body) : '', tooLong);
}

/** Few answers are asked for their headers. */
abstract class WireAnswer implements ReceivedAnswer {
  abstract readonly text: string;
  abstract readonly long: boolean;

  constructor(
    readonly status: number,
    private readonly raw: Headers,
  ) {}

  get headers(): Answer['headers'] {
    const flat: Record<string, string> = {};
    for (const name in this.raw) {
      const value = this.raw[name];
      if (value !== undefined) flat[name] = asText(value);
    }
    return flat;
  }

  turn(): Promise<void> {
    return nextTurn();
  }
}

class ShortWireAnswer extends WireAnswer {
  constructor(
    status: number,
    raw: Headers,
    readonly text: string,
    readonly tooLong: boolean,
  ) {
    super(status, raw);
  }

  get long(): boolean {
    return isLong(this.text);
  }
}

/** While it waits to be read it stays bytes, which have no part in the heap: a hundred of them would fill it. */
class LongWireAnswer extends WireAnswer {
  readonly long = true;
  #body: Buffer | string;

  constructor(status: number, raw: Headers, body: Buffer) {
    super(status, raw);
    this.#body = body;
  }

  get text(): string {
    if (typeof this.#body !== 'string') this.#body = textOf(this.#body);
    return this.#body;
  }
}

export function asText(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ');
}

/** JSON.parse refuses a byte order mark, which some servers send. */
function textOf(body: Buffer): string {
  const marked = body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', marked ? 3 : 0);
}
