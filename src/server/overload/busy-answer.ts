import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { httpStatusOf, isRetryable, type ErrorCode } from '../../error-codes.js';
import { requestIdOf, RESULT_TYPE, toLines, type AnswerHeaders, type MediaType } from '../http/headers.js';
import { busyRefusalType } from '../http/negotiation.js';
import { requestIdFrom } from '../operation/caller.js';

/** What a caller is told who comes when there is too much to do. */
export const BUSY = 'This instance has too much to do; send the request again later.';
const RETRY_AFTER_MS = 1_000;
const CODE: ErrorCode = 'OVERLOADED';
const STATUS = httpStatusOf(CODE) ?? 503;
const EXTENSIONS = { code: CODE, retryable: isRetryable(CODE), retryAfterMs: RETRY_AFTER_MS };

export interface BusyAnswerOptions {
  readonly answerHeaders: AnswerHeaders;
  readonly corsOrigins: readonly string[];
  /** A body of at most so many bytes is read and thrown away, so that the connection can be kept. */
  readonly maxBodyBytes: number;
}

/** Answers requests with OVERLOADED. */
export interface BusyAnswer {
  answer(request: IncomingMessage, response: ServerResponse): void;
  /** The whole answer, as it goes over a connection, to a request with this head that nobody parsed. */
  toHead(head: string): string;
}

/** The same for an operation that came over a WebSocket. */
export function busyError(): GraphQLError {
  return new GraphQLError(BUSY, { extensions: EXTENSIONS });
}

/** No text of ours holds it, and JSON writes it as it is. */
const ID = '\x7f';
const [BODY_START, BODY_END] = splitAtId(
  JSON.stringify({
    errors: [
      {
        message: BUSY,
        extensions: { ...EXTENSIONS, requestId: ID },
      },
    ],
  }),
);
const RETRY_AFTER = { 'retry-after': String(RETRY_AFTER_MS / 1_000) } as const;
/** Made once for each media type. */
const forEachType = <Made>(make: (common: Readonly<Record<string, string>>) => Made): Record<MediaType, Made> => ({
  'application/json': make({ ...RESULT_TYPE['application/json'], ...RETRY_AFTER }),
  'application/graphql-response+json': make({ ...RESULT_TYPE['application/graphql-response+json'], ...RETRY_AFTER }),
});
const COMMON_LIST = forEachType((common) => Object.entries(common).flat());
const REQUEST_ID = /\r\nx-request-id: *([^\r]*)/i;
const ORIGIN = /\r\norigin: *([^\r]*)/i;
/** Those of browsers and GraphQL clients have some 150 characters at the most. */
const LONGEST_ACCEPT = 256;
const NEWER = /graphql-response\+json/i;
const ACCEPT = /\r\naccept: *([^\r]*)/gi;

/** Makes the answer, which is ready but for the request's id: it has to be cheap when there is too much to do. */
export function createBusyAnswer({ answerHeaders, corsOrigins, maxBodyBytes }: BusyAnswerOptions): BusyAnswer {
  const headFor = (origin: string | null) => {
    const mine = answerHeaders(ID, origin);
    return forEachType((common) =>
      splitAtId([`HTTP/1.1 ${STATUS} ${STATUS_CODES[STATUS]}`, ...toLines({ ...common, ...mine })].join('\r\n')),
    );
  };
  const plain = headFor(null);
  const byOrigin = new Map(corsOrigins.map((origin) => [origin, headFor(origin)]));

  return {
    answer({ headers }, response) {
      const requestId = requestIdOf(headers);
      const body = `${BODY_START}${requestId}${BODY_END}`;
      // Optional for a server error, and the system is busy enough.
      response.sendDate = false;
      response.on('error', () => {});
      // A list, which Node takes as it is, and which is made in a tenth of the time of an object of several.
      const list = [...COMMON_LIST[typeFor(headers.accept)], 'content-length', String(body.length)];
      const common = answerHeaders(requestId, headers.origin);
      for (const name in common) list.push(name, common[name] ?? '');
      if (!isShort(headers)) list.push('connection', 'close');
      response.writeHead(STATUS, list);
      response.end(body, 'latin1');
    },
    toHead(head) {
      const requestId = requestIdFrom(REQUEST_ID.exec(head)?.[1] ?? null);
      const heads = (byOrigin.size > 0 ? byOrigin.get(ORIGIN.exec(head)?.[1] ?? '') : undefined) ?? plain;
      const [start, end] = heads[typeFor(acceptIn(head))];
      return (
        `${start}${requestId}${end}\r\ncontent-length: ` +
        `${BODY_START.length + requestId.length + BODY_END.length}\r\n\r\n${BODY_START}${requestId}${BODY_END}`
      );
    },
  };

  function isShort({ 'content-length': length, 'transfer-encoding': encoding }: IncomingMessage['headers']): boolean {
    return encoding === undefined && (length === undefined || Number(length) <= maxBodyBytes);
  }
}

/** A list that is longer or does not name the newer type is not read: a flood could make each refusal dear by it. */
function typeFor(accept: string | null | undefined): MediaType {
  return accept && accept.length <= LONGEST_ACCEPT && NEWER.test(accept) ? busyRefusalType(accept) : 'application/json';
}

/** What Node would make of it: several lines are one list. */
function acceptIn(head: string): string | null {
  ACCEPT.lastIndex = 0;
  let accept: string | null = null;
  for (let line = ACCEPT.exec(head); line !== null; line = ACCEPT.exec(head))
    accept = accept === null ? (line[1] ?? '') : `${accept}, ${line[1] ?? ''}`;
  return accept;
}

function splitAtId(text: string): [start: string, end: string] {
  const at = text.indexOf(ID);
  return [text.slice(0, at), text.slice(at + ID.length)];
}
