import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { corsAnswerHeaders, type AnswerHeaders } from './plugins/use-answer-headers.js';
import { requestIdFrom } from './request-state.js';

/** What a caller is told who comes when there is too much to do. */
export const BUSY = 'This instance has too much to do; send the request again later.';
const RETRY_AFTER_MS = 1_000;

export interface BusyAnswerOptions {
  readonly answerHeaders: AnswerHeaders;
  readonly corsOrigins: readonly string[];
  /** A body of at most so many bytes is read and thrown away, so that the connection can be kept. */
  readonly maxBodyBytes: number;
}

/** Answers one request with OVERLOADED. */
export type BusyAnswer = (request: IncomingMessage, response: ServerResponse) => void;

const [START, END] = JSON.stringify({ errors: [{ message: BUSY, extensions: { code: 'OVERLOADED', retryable: true, retryAfterMs: RETRY_AFTER_MS, requestId: '?' } }] }).split('?') as [string, string];
/** The same for an operation that came over a WebSocket. */
export function busyError(): GraphQLError {
  return new GraphQLError(BUSY, { extensions: { code: 'OVERLOADED', retryable: true, retryAfterMs: RETRY_AFTER_MS } });
}

const RETRY_AFTER = String(RETRY_AFTER_MS / 1_000);

/** Makes the answer, which is ready but for the request's id: it has to be cheap when there is too much to do. */
export function createBusyAnswer({ answerHeaders, corsOrigins, maxBodyBytes }: BusyAnswerOptions): BusyAnswer {
  return ({ headers }, response) => {
    const sentId = headers['x-request-id'];
    const requestId = requestIdFrom(typeof sentId === 'string' ? sentId : null);
    const body = `${START}${requestId}${END}`;
    // Optional for a server error, and the system is busy enough.
    response.sendDate = false;
    response.on('error', () => {});
    response.writeHead(503, {
      'content-type': 'application/json; charset=utf-8', 'content-length': body.length, 'retry-after': RETRY_AFTER,
      ...answerHeaders(requestId), ...corsAnswerHeaders(corsOrigins, headers.origin ?? null), ...(isShort(headers) ? {} : CLOSE),
    });
    response.end(body, 'latin1');
  };

  function isShort({ 'content-length': length, 'transfer-encoding': encoding }: IncomingMessage['headers']): boolean {
    return encoding === undefined && (length === undefined || Number(length) <= maxBodyBytes);
  }
}

const CLOSE = { connection: 'close' } as const;
