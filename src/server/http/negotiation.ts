import { Kind, type GraphQLError, type OperationDefinitionNode } from 'graphql';
import type { StreamFormat } from '../events/frames.js';
import { multipartEvents } from '../events/multipart.js';
import { serverSentEvents } from '../events/server-sent.js';
import { requestError } from '../operation/coded-errors.js';
import { cut } from '../../values/cut.js';
import type { MediaType } from './headers.js';
import { RESULT_TYPES, STREAM_TYPES } from '../operation/pipeline.js';

/** What the heads of HTTP requests say about how they may come and what they are to be answered with. */

const JSON_BODY = /^application\/(graphql\+)?json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;
const UNPACKED: ReadonlySet<string> = new Set(['', 'identity']);
const MOST_KEPT = 200;

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

/** A media type of an `accept` header and its parameters. */
type Entry = readonly string[];

/** What a caller takes, the most wanted first, without what it says that it does not take (`q=0`). */
function entriesOf(accept: string): readonly Entry[] {
  const entries = accept.replace(/[\s"]/g, '').toLowerCase().split(',');
  return entries
    .map((entry) => {
      const parts = entry.split(';');
      const weight = parts.find((part) => part.startsWith('q='));
      return {
        entry: parts.filter((part) => part !== weight),
        weight: weight === undefined ? 1 : Number(weight.slice(2)),
      };
    })
    .filter(({ weight }) => weight !== 0)
    .toSorted((one, other) => (other.weight || 0) - (one.weight || 0))
    .map(({ entry }) => entry);
}

function regularType(accept: string): MediaType | null {
  for (const [type, ...params] of entriesOf(accept)) {
    if (params.some((param) => param.includes('charset=') && param !== 'charset=utf-8')) continue;
    if (type === 'application/graphql-response+json') return type;
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json';
  }
  return null;
}

/** The formats of streams, and how they are asked for. */
const STREAMS: readonly (readonly [isNamed: (entry: Entry) => boolean, StreamFormat])[] = [
  [([type]) => type === 'text/event-stream', serverSentEvents],
  // Without the parameter it is asked for by clients who expect one result in parts.
  [([type, ...params]) => type === 'multipart/mixed' && params.includes('subscriptionspec=1.0'), multipartEvents],
];

const namedStream = remember((accept): StreamFormat | null => {
  const entries = entriesOf(accept);
  return STREAMS.find(([isNamed]) => entries.some(isNamed))?.[1] ?? null;
});

function streamFormat(accept: string): StreamFormat | null {
  const named = namedStream(accept);
  if (named !== null) return named;
  return entriesOf(accept).some(([type]) => type === '*/*' || type === 'text/*') ? serverSentEvents : null;
}

/** What a caller takes: a plain result, a stream of results, either or neither. */
export interface Accepts {
  readonly result: MediaType | null;
  readonly stream: StreamFormat | null;
}

const TAKES_ALL: Accepts = { result: 'application/json', stream: serverSentEvents };
const takenBy = remember((accept): Accepts => ({ result: regularType(accept), stream: streamFormat(accept) }));

/** Reads an `accept` header; without one, all is taken. */
export function acceptsOf(accept: string | null): Accepts {
  return accept === null || accept === '' ? TAKES_ALL : takenBy(accept);
}

/** The media type of a refusal: also for whoever takes nothing but streams there has to be one. */
export function refusalType(accept: string | null | undefined): MediaType {
  return acceptsOf(accept ?? null).result ?? 'application/json';
}

const busyType = remember((accept): MediaType => {
  const takesJson = entriesOf(accept).some(([type]) => type === 'application/json');
  return takesJson && namedStream(accept) === multipartEvents ? 'application/json' : refusalType(accept);
});

/**
 * The media type of a refusal that is over in a moment. Who takes streams in parts, as Apollo Client does, takes an answer of the
 * newer type for the stream's own result, with which it ends for good; as plain JSON the same is a failure that is tried again.
 */
export function busyRefusalType(accept: string | null | undefined): MediaType {
  return accept ? busyType(accept) : refusalType(accept);
}

/** An HTTP request, as far as its head tells how it is to be answered. */
export interface RequestHead {
  readonly method: string;
  /** Path and search. */
  readonly url: string;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly accept: string | null;
  readonly ifNoneMatch: string | null;
}

export const GRAPH = '/graphql';

/** Told at every other address than the graph's. */
export const NOTHING = 'There is nothing here; the graph is at /graphql.';

/** Whether this is the graph's address, with or without parameters. */
export function isGraph(url: string): boolean {
  return url.startsWith(GRAPH) && (url.length === GRAPH.length || url[GRAPH.length] === '?');
}

/** Whether a request is an operation in one of the two usual shapes: a POST of JSON, or a GET that names a stream. */
export function isOperation({ method, url, contentType, accept }: RequestHead): boolean {
  if (!isGraph(url)) return false;
  if (method === 'POST') return isJson(contentType);
  return method === 'GET' && accept !== null && namedStream(accept) !== null;
}

const GRAPHQL_ACCEPT = /(^|[,\s])(application\/json|application\/graphql-response\+json)\s*([;,]|$)/i;
const isGraphQL = remember((accept) => GRAPHQL_ACCEPT.test(accept) || namedStream(accept) !== null);

/**
 * Whether nobody but a GraphQL client sends this `accept` header with a GET; null = only what asks nothing may be answered.
 * Headers that no page can send to another origin unasked say as much as the media type.
 */
export function mayGet(accept: string | null, isPreflighted: boolean): boolean | null {
  const given = accept?.trim() ?? '';
  if (isGraphQL(given)) return true;
  if (given !== '' && given !== '*/*') return false;
  return isPreflighted ? true : null;
}

/**
 * What cannot come by GET: mutations; and, unless `mayGet` says so, all that runs a resolver, since any page
 * can make a browser send such a request. `__typename` alone is what probes ask for.
 */
export function objectionToGet(
  accept: string | null,
  isPreflighted: boolean,
): (operation: OperationDefinitionNode) => GraphQLError | null {
  return (operation) => {
    if (operation.operation === 'mutation')
      return requestError('BAD_USER_INPUT', 'Can only perform a mutation operation from a POST request.', 405, {
        Allow: 'POST',
      });
    return mayGet(accept, isPreflighted) === true || asksNothing(operation) ? null : notForGet();
  };
}

/** Refuses a body that is said to be packed: none is unpacked here, since a few bytes may become very many. */
export function checkUnpacked({ contentEncoding }: RequestHead): void {
  if (contentEncoding === null || contentEncoding.split(',').every((one) => UNPACKED.has(one.trim().toLowerCase())))
    return;
  throw requestError(
    'BAD_USER_INPUT',
    `Bodies in content-encoding "${cut(contentEncoding, 40)}" are not read here: send it uncompressed, without this header.`,
    415,
    { 'Accept-Encoding': 'identity' },
  );
}

/** The refusal of a GET that a foreign page could have sent. */
export function notForGet(): GraphQLError {
  return requestError(
    'BAD_USER_INPUT',
    `A GET needs an accept header that names ${RESULT_TYPES}, ${STREAM_TYPES}; with */* it needs apollo-require-preflight.`,
    406,
  );
}

function asksNothing({ selectionSet, operation }: OperationDefinitionNode): boolean {
  return (
    operation === 'query' &&
    selectionSet.selections.every((field) => field.kind === Kind.FIELD && field.name.value === '__typename')
  );
}
