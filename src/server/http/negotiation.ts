import { markInexactNumbers } from '../../values/exact-numbers.js';
import { requestError } from '../operation/coded-errors.js';

/** The rules of a plain operation by POST: the same ones whether Yoga or the short way reads it. */

const JSON_BODY = /^application\/(graphql\+)?json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;
const EXPECTED: ReadonlySet<string> = new Set(['query', 'variables', 'operationName', 'extensions']);
const MOST_KEPT = 200;

/** What a client sends in a body. */
export interface OperationParams {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
  extensions?: Record<string, unknown>;
}

/** Media types of an answer that is no stream. */
export type MediaType = 'application/json' | 'application/graphql-response+json';

/** Keeps what follows from the values of a header, of which few are in use. */
function remember<Result>(read: (value: string) => Result): (value: string) => Result {
  const known = new Map<string, Result>();
  return (value) => {
    let result = known.get(value);
    if (result === undefined) {
      result = read(value);
      if (known.size >= MOST_KEPT) known.clear();
      known.set(value, result);
    }
    return result;
  };
}

const jsonType = remember((contentType) => JSON_BODY.test(contentType.trim()));

/** Whether a content type is JSON in UTF-8: the only one that no web page can send to another origin unasked. */
export function isJson(contentType: string | null): boolean {
  return contentType !== null && jsonType(contentType);
}

/** The refusal of any other content type. */
export function notJson() {
  return requestError('BAD_USER_INPUT', 'Send the operation as application/json in UTF-8.', 415);
}

/** The refusal of a body above the cap. */
export function tooLarge() {
  return requestError('BAD_USER_INPUT', 'Request body too large', 413);
}

/** The refusal of a document without the operation that was named, or with several and none named. */
export function noOperation() {
  return requestError('BAD_USER_INPUT', 'Could not determine what operation to execute.', 400);
}

const regularType = remember((accept): MediaType | null => {
  for (const entry of accept.replace(/\s/g, '').toLowerCase().split(',')) {
    const [type, ...params] = entry.split(';');
    if (params.some((param) => param.includes('charset=') && param !== 'charset=utf-8')) continue;
    if (type === 'application/graphql-response+json') return type;
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json';
  }
  return null;
});

/** The media type of an answer that is no stream: the first acceptable one; null when the caller takes none. */
export function mediaTypeFor(accept: string | null): MediaType | null {
  return accept === null || accept === '' ? 'application/json' : regularType(accept);
}

/** Reads the body of a POST; what it throws says what is wrong with it. */
export function readParams(text: string): OperationParams {
  const body = parseBody(text);
  if (Array.isArray(body)) throw wrong('Batching is not supported.');
  if (typeof body !== 'object' || body === null) throw wrong('The body must be a JSON object.');
  const params = body as Readonly<Record<string, unknown>>;
  for (const name in params) {
    if (params[name] !== null && !EXPECTED.has(name))
      throw wrong(`Unexpected parameter "${name}" in the request body.`);
  }
  const { query, operationName, variables, extensions } = params;
  if (typeof query !== 'string') throw wrong('query must be there, and a string.');
  const read: OperationParams = { query };
  if (typeof operationName === 'string') read.operationName = operationName;
  else if (operationName !== undefined && operationName !== null) throw wrong('operationName must be a string.');
  if (variables !== undefined && variables !== null) read.variables = asMap(variables, 'variables');
  if (extensions !== undefined && extensions !== null) read.extensions = asMap(extensions, 'extensions');
  return read;
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(markInexactNumbers(text));
  } catch {
    throw wrong('The body is not JSON.');
  }
}

function asMap(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${name} must be an object.`);
  return value as Record<string, unknown>;
}

function wrong(message: string) {
  return requestError('BAD_USER_INPUT', message, 400);
}
