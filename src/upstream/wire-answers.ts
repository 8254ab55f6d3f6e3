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
  return new WireAnswer(status, headers, body ?? '', tooLong);
}

class WireAnswer implements ReceivedAnswer {
  readonly #surelyLong: boolean;
  /** While a long one waits to be read it stays bytes, which have no part in the heap: a hundred of them would fill it. */
  #body: Buffer | string;

  constructor(
    readonly status: number,
    private readonly raw: Headers,
    body: Buffer | string,
    readonly tooLong: boolean,
  ) {
    this.#body = body;
    this.#surelyLong = typeof body !== 'string' && surelyLong(body);
  }

  get text(): string {
    if (typeof this.#body !== 'string') this.#body = textOf(this.#body);
    return this.#body;
  }

  get long(): boolean {
    return this.#surelyLong || isLong(this.text);
  }

  /** Few answers are asked for them. */
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

export function asText(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ');
}

/** JSON.parse refuses a byte order mark, which some servers send. */
function textOf(body: Buffer): string {
  const marked = body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', marked ? 3 : 0);
}
