import type { CORSOptions, Plugin } from 'graphql-yoga';
import type { ErrorCode } from '../../errors.js';
import { errorBody } from '../operation/coded-errors.js';
import type { CredentialHeaders, RequestState } from '../options.js';

/** What a page may send to follow its own request. */
const tracingHeaders = ['traceparent', 'tracestate', 'x-headgate-trace'] as const;
const exposedHeaders = ['x-request-id', 'retry-after'];
const bareRefusals: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  404: ['NOT_FOUND', 'There is nothing here; the graph is at /graphql.'],
  406: ['BAD_USER_INPUT', 'The accept header names no media type that this operation can be answered with.'],
  415: ['BAD_USER_INPUT', 'Send the operation as application/json.'],
};

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

/** Puts on every answer what all of them carry, and gives a coded body to refusals that came without one. */
export function useAnswerHeaders(answerHeaders: AnswerHeaders): Plugin<object, RequestState> {
  return {
    onResponse({ response, serverContext, setResponse, fetchAPI }) {
      const { requestId } = serverContext;
      let answer = response;
      const bare = response.body === null ? bareRefusals[response.status] : undefined;
      if (bare !== undefined) {
        const headers = { 'content-type': 'application/json; charset=utf-8' };
        answer = new fetchAPI.Response(errorBody(bare[0], bare[1], requestId), { status: response.status, headers });
        response.headers.forEach((value, name) => {
          if (name.startsWith('access-control-')) answer.headers.set(name, value);
        });
        setResponse(answer);
      }
      // Files of a page are the same for everybody, and say themselves how long they may be kept.
      const own = answer.headers.get('cache-control')?.startsWith('public') ? ['cache-control', 'vary'] : [];
      for (const [name, value] of Object.entries(answerHeaders(requestId)))
        if (!own.includes(name)) answer.headers.set(name, value);
    },
  };
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
