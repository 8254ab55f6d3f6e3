import type { CORSOptions } from 'graphql-yoga';
import type { CredentialHeaders } from '../options.js';

/** What a page may send to follow its own request. */
const tracingHeaders = ['traceparent', 'tracestate', 'x-headgate-trace'] as const;
const exposedHeaders = ['x-request-id', 'retry-after'];

/** What every answer carries, from whichever way in. */
export type AnswerHeaders = (requestId: string) => Readonly<Record<string, string>>;

export function createAnswerHeaders(corsOrigins: readonly string[], { headers }: CredentialHeaders): AnswerHeaders {
  const vary = ['accept', ...headers].join(', ');
  const varies = corsOrigins.length > 0 ? `${vary}, origin` : vary;
  return (requestId) => ({
    'x-request-id': requestId,
    'cache-control': 'no-store',
    vary: varies,
    'x-content-type-options': 'nosniff',
  });
}

/** Lets pages of listed origins read an answer; nothing for any other. */
export function corsAnswerHeaders(
  corsOrigins: readonly string[],
  origin: string | null,
): Readonly<Record<string, string>> {
  if (origin === null || !corsOrigins.includes(origin)) return {};
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': exposedHeaders.join(', ') };
}

/** What Yoga's CORS support gets for one request: only a listed origin meets any CORS header. */
export function corsFor(
  corsOrigins: readonly string[],
  { headers }: CredentialHeaders,
): (request: Request) => CORSOptions {
  return (request) => {
    const origin = request.headers.get('origin');
    if (origin === null || !corsOrigins.includes(origin)) return false;
    return {
      origin: [origin],
      credentials: false,
      methods: ['GET', 'POST', 'OPTIONS'],
      allowedHeaders: ['content-type', 'accept', 'x-request-id', ...tracingHeaders, ...headers],
      exposedHeaders,
      maxAge: 7_200,
    };
  };
}
