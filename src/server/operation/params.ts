import { isUtf8 } from 'node:buffer';
import { Kind, type DocumentNode } from 'graphql';
import { parseMarkingInexact } from '../../values/exact-numbers.js';
import { requestError } from './coded-errors.js';
import { cut } from '../../values/cut.js';

/** What a client asks for, whichever way it came in. */
export interface OperationParams {
  /** The document; undefined when the client sent none. */
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly extensions?: Record<string, unknown>;
  /** The id of a document that is listed here. */
  readonly documentId?: string;
  /** The hash of a document that was sent before, or is sent along. */
  readonly sha256?: string;
  /** Equal for equal questions by one way in: the body of a POST, the address of a GET. Undefined = never shared. */
  readonly question?: string;
}

const EXPECTED: ReadonlySet<string> = new Set([
  'query',
  'variables',
  'operationName',
  'extensions',
  'documentId',
  'doc_id',
]);

const ID_HINT = ' A listed document is named by "documentId".';

/** Reads the body of a POST; what it throws says what is wrong with it. */
export function paramsInBody(text: string): OperationParams {
  const body = parseJson(text, 'The body is not JSON.');
  if (Array.isArray(body)) throw wrong('Batching is not supported.');
  if (typeof body !== 'object' || body === null) throw wrong('The body must be a JSON object.');
  const params = body as Readonly<Record<string, unknown>>;
  for (const name in params) {
    if (params[name] !== null && !EXPECTED.has(name))
      throw wrong(
        `Unexpected parameter "${cut(name, LONGEST_NAME)}" in the request body.${name === 'id' ? ID_HINT : ''}`,
      );
  }
  return checkParams(params, text);
}

/** Stands for a body whose bytes are not UTF-8. */
export const NOT_UTF8 = Symbol('not UTF-8');

/** The text of a body, without a byte order mark, which JSON does not know. */
export function bodyText(body: Buffer): string | typeof NOT_UTF8 {
  // As U+FFFD, what differs would become the same: one idempotency key would be another's.
  if (!isUtf8(body)) return NOT_UTF8;
  const marked = body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', marked ? 3 : 0);
}

/** The refusal of bytes that are not UTF-8, in a body or in an address. */
export function notUtf8() {
  return wrong('The request is not UTF-8.');
}

const ENCODED_BYTES = /(?:%[0-9a-f]{2})+/gi;

function checkEncoding(search: string): void {
  try {
    for (const [bytes] of search.matchAll(ENCODED_BYTES)) decodeURIComponent(bytes);
  } catch {
    throw notUtf8();
  }
}

/** Reads the parameters of an address, each of which may be there once; one without a value counts as left out. */
export function paramsInSearch(search: string): OperationParams {
  checkEncoding(search);
  const given: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    if (!EXPECTED.has(name) || value === '') continue;
    if (name in given) throw wrong(`The parameter "${name}" is there more than once.`);
    given[name] = JSON_PARAMS.has(name) ? parseJson(value, 'variables and extensions must be JSON.') : value;
  }
  return checkParams(given, BY_GET + search);
}

/** Half a character, which no body that is UTF-8 can hold: what a POST brings is never taken for the question of a GET. */
const BY_GET = '\ud800';
const JSON_PARAMS: ReadonlySet<string> = new Set(['variables', 'extensions']);
const LONGEST_NAME = 100;

/** Checks what is known and leaves out all else; parameters that are null count as left out. */
export function checkParams(params: Readonly<Record<string, unknown>>, question?: string): OperationParams {
  const { query, operationName, variables, extensions } = params;
  const read: { -readonly [Name in keyof OperationParams]: OperationParams[Name] } =
    question === undefined ? {} : { question };
  if (typeof query === 'string') read.query = query;
  else if (query !== undefined && query !== null) throw noDocument();
  if (typeof operationName === 'string') {
    // Some clients send an empty text when there is only one.
    if (operationName !== '') read.operationName = operationName;
  } else if (operationName !== undefined && operationName !== null) throw wrong('operationName must be a string.');
  if (variables !== undefined && variables !== null) read.variables = asMap(variables, 'variables');
  if (extensions !== undefined && extensions !== null) read.extensions = asMap(extensions, 'extensions');
  const sha256 = hashIn(read.extensions);
  const documentId = idIn(params) ?? idIn(read.extensions);
  if (sha256 !== undefined) read.sha256 = sha256;
  else if (documentId?.startsWith(BY_HASH)) read.sha256 = checkHash(documentId.slice(BY_HASH.length));
  else if (documentId !== undefined) read.documentId = documentId;
  if (sha256 === undefined && documentId === undefined) return read;
  // graphql-ws insists on a text.
  if (read.query === '') delete read.query;
  if (read.query !== undefined && read.documentId !== undefined) throw wrong('Send query or documentId, not both.');
  return read;
}

/** What the draft on persisted documents puts before a hash. */
const BY_HASH = 'sha256:';
const SHA256 = /^[0-9a-f]{64}$/;

function idIn(from: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const id = from?.['documentId'] ?? from?.['doc_id'] ?? undefined;
  if (id !== undefined && typeof id !== 'string') throw wrong('documentId must be a string.');
  return id;
}

/** Apollo's automatic persisted queries. */
function hashIn(extensions: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const asked = extensions?.['persistedQuery'] ?? undefined;
  if (asked === undefined) return undefined;
  const { version, sha256Hash } = asMap(asked, 'extensions.persistedQuery');
  if (version !== 1) throw wrong('extensions.persistedQuery.version must be 1.');
  return checkHash(sha256Hash);
}

function checkHash(value: unknown): string {
  if (typeof value === 'string' && SHA256.test(value)) return value;
  throw wrong('The hash of a document must be its SHA-256 in 64 lower-case hex digits.');
}

/** The refusal of a request that names no document. */
export function noDocument() {
  return wrong('query must be there, and a string.');
}

const MOST_NAMES = 10;

/** The refusal of a document without the operation that was named, or with several and none named. */
export function noOperation({ definitions }: DocumentNode, asked: string | null | undefined) {
  const names = definitions.flatMap((one) =>
    one.kind === Kind.OPERATION_DEFINITION ? [one.name?.value ?? 'one without a name'] : [],
  );
  const known = names.slice(0, MOST_NAMES).map((name) => cut(name, LONGEST_NAME));
  const list = `${known.join(', ')}${names.length > MOST_NAMES ? ', …' : ''}`;
  if (names.length === 0) return wrong('The document has no operation, only fragments.');
  return asked
    ? wrong(`The document has no operation named "${cut(asked, LONGEST_NAME)}"; it has ${list}.`)
    : wrong(`The document has several operations, and operationName says which to run: ${list}.`);
}

function parseJson(text: string, complaint: string): unknown {
  try {
    return parseMarkingInexact(text);
  } catch {
    throw wrong(complaint);
  }
}

function asMap(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${name} must be an object.`);
  return value as Record<string, unknown>;
}

function wrong(message: string) {
  return requestError('BAD_USER_INPUT', message, 400);
}
