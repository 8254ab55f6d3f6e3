import { Kind, type GraphQLError, type OperationDefinitionNode } from 'graphql';
import type { StreamFormat } from '../events/frames.js';
import { serverSentEvents } from '../events/server-sent.js';
import { requestError } from '../operation/coded-errors.js';

/** What the heads of HTTP requests say about how they may come and what they are to be answered with. */

const JSON_BODY = /^application\/(graphql\+)?json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;
const MOST_KEPT = 200;

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

const regularType = remember((accept): MediaType | null => {
  for (const entry of accept.replace(/\s/g, '').toLowerCase().split(',')) {
    const [type, ...params] = entry.split(';');
    if (params.some((param) => param.includes('charset=') && param !== 'charset=utf-8')) continue;
    if (type === 'application/graphql-response+json') return type;
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json';
  }
  return null;
});

const STREAMS: readonly (readonly [mediaType: string, StreamFormat])[] = [['text/event-stream', serverSentEvents]];

const streamFormat = remember((accept): StreamFormat | null => {
  const types = accept
    .toLowerCase()
    .split(',')
    .map((entry) => entry.split(';')[0]?.trim());
  for (const [mediaType, format] of STREAMS) if (types.includes(mediaType)) return format;
  return types.includes('*/*') || types.includes('text/*') ? serverSentEvents : null;
});

/** What a caller takes: a plain result, a stream of results, either or neither. */
export interface Accepts {
  readonly result: MediaType | null;
  readonly stream: StreamFormat | null;
}

/** Reads an `accept` header; without one, all is taken. */
export function acceptsOf(accept: string | null): Accepts {
  if (accept === null || accept === '') return { result: 'application/json', stream: serverSentEvents };
  return { result: regularType(accept), stream: streamFormat(accept) };
}

const namesStream = remember((accept) => STREAMS.some(([mediaType]) => accept.toLowerCase().includes(mediaType)));

/** An HTTP request, as far as its head tells how it is to be answered. */
export interface RequestHead {
  readonly method: string;
  /** Path and search. */
  readonly url: string;
  readonly contentType: string | null;
  readonly accept: string | null;
}

const GRAPH = '/graphql';

/** Whether a request is an operation in one of the two usual shapes: a POST of JSON, or a GET that names a stream. */
export function isOperation({ method, url, contentType, accept }: RequestHead): boolean {
  if (!url.startsWith(GRAPH) || (url.length > GRAPH.length && url[GRAPH.length] !== '?')) return false;
  if (method === 'POST') return isJson(contentType);
  return method === 'GET' && accept !== null && namesStream(accept);
}

const GRAPHQL_ACCEPT =
  /(^|[,\s])(application\/json|application\/graphql-response\+json|text\/event-stream)\s*([;,]|$)/i;
const isGraphQL = remember((accept) => GRAPHQL_ACCEPT.test(accept));

/** Whether nobody but a GraphQL client sends this `accept` header with a GET; null = only what asks nothing may be answered. */
export function mayGet(accept: string | null): boolean | null {
  const given = accept?.trim() ?? '';
  if (isGraphQL(given)) return true;
  return given === '' || given === '*/*' ? null : false;
}

/**
 * What cannot come by GET: mutations; and, without a GraphQL media type in `accept`, all that runs a resolver, since any page
 * can make a browser send such a request. `__typename` alone is what probes ask for.
 */
export function objectionToGet(accept: string | null): (operation: OperationDefinitionNode) => GraphQLError | null {
  return (operation) => {
    if (operation.operation === 'mutation')
      return requestError('BAD_USER_INPUT', 'Can only perform a mutation operation from a POST request.', 405, {
        Allow: 'POST',
      });
    return mayGet(accept) === true || asksNothing(operation) ? null : notForGet();
  };
}

/** The refusal of a GET that a foreign page could have sent. */
export function notForGet(): GraphQLError {
  return requestError(
    'BAD_USER_INPUT',
    'A GET needs an accept header that names application/graphql-response+json, application/json or text/event-stream.',
    406,
  );
}

function asksNothing({ selectionSet, operation }: OperationDefinitionNode): boolean {
  return (
    operation === 'query' &&
    selectionSet.selections.every((field) => field.kind === Kind.FIELD && field.name.value === '__typename')
  );
}
