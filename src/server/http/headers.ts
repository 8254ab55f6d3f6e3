import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { requestIdFrom } from '../operation/caller.js';
import type { CredentialHeaders, HeaderReader } from '../options.js';

/** What a page may send to follow its own request. */
const tracingHeaders = ['traceparent', 'tracestate', 'x-headgate-trace'] as const;
/** Never read for its value: that it is there shows that the browser has asked first. */
const PREFLIGHTED = 'apollo-require-preflight';
/** What the common clients send of their own. */
const clientHeaders = [
  PREFLIGHTED,
  'apollographql-client-name',
  'apollographql-client-version',
  'x-graphql-client-name',
  'x-graphql-client-version',
  'x-houdini-request',
  // What the usual tracing of browsers adds to every request.
  'baggage',
  'sentry-trace',
] as const;
const exposedHeaders = ['x-request-id', 'retry-after'];

/** The type of plain JSON. Frozen, since the HTTP library writes into the headers that it is given: it has to get a copy. */
export const JSON_TYPE = Object.freeze({ 'content-type': 'application/json; charset=utf-8' });

/** Media types of an answer that is no stream. */
export type MediaType = 'application/json' | 'application/graphql-response+json';

/** How an answer says of which of them it is. */
export const RESULT_TYPE: Readonly<Record<MediaType, Readonly<Record<string, string>>>> = {
  'application/json': JSON_TYPE,
  'application/graphql-response+json': Object.freeze({
    'content-type': 'application/graphql-response+json; charset=utf-8',
  }),
};

/** What every answer carries, from whichever way in; to pages of a listed origin also what lets them read it. */
export type AnswerHeaders = (requestId: string, origin?: string | null) => Readonly<Record<string, string>>;

export function createAnswerHeaders(corsOrigins: readonly string[], { headers }: CredentialHeaders): AnswerHeaders {
  const vary = ['accept', 'accept-encoding', ...headers].join(', ');
  const varies = corsOrigins.length > 0 ? `${vary}, origin` : vary;
  return (requestId, origin = null) => {
    const common: Record<string, string> = {
      'x-request-id': requestId,
      'cache-control': 'no-store',
      vary: varies,
      'x-content-type-options': 'nosniff',
    };
    return origin === null || !corsOrigins.includes(origin) ? common : Object.assign(common, readableBy(origin));
  };
}

function readableBy(origin: string): Readonly<Record<string, string>> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': exposedHeaders.join(', ') };
}

/** Headers as they go over a connection. */
export function toLines(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** Reads the headers of a request as Node parsed them. */
export function nodeHeader({ headers }: Pick<IncomingMessage, 'headers'>): HeaderReader {
  return (name) => {
    const value = headers[name];
    return typeof value === 'string' ? value : (value?.join(', ') ?? null);
  };
}

/** The id of a request as Node parsed it. */
export function requestIdOf({ 'x-request-id': sent }: IncomingHttpHeaders): string {
  return requestIdFrom(typeof sent === 'string' ? sent : null);
}

/** Whether a request has a header that no page can send to another origin unasked. */
export type Preflighted = (header: HeaderReader) => boolean;

export function createPreflighted({ headers }: CredentialHeaders): Preflighted {
  const telling = [PREFLIGHTED, ...headers];
  return (header) => telling.some((name) => header(name) !== null);
}

const METHODS = ['GET', 'POST', 'OPTIONS'];
const MAX_AGE_S = 7_200;
const allowedHeaders = (headers: readonly string[]): string[] => [
  'content-type',
  'accept',
  'x-request-id',
  ...tracingHeaders,
  ...clientHeaders,
  ...headers,
];

/** What a preflight of a listed origin is told; `headers` are allowed besides. */
export function allowedByCors(headers: readonly string[]): Readonly<Record<string, string>> {
  return {
    'access-control-allow-methods': METHODS.join(', '),
    'access-control-allow-headers': allowedHeaders(headers).join(', '),
    'access-control-max-age': String(MAX_AGE_S),
  };
}
