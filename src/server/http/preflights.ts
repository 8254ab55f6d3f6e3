import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody } from '../operation/coded-errors.js';
import type { HeaderReader } from '../options.js';
import type { PlainAnswer } from './answers.js';
import { allowedByCors, JSON_TYPE, nodeHeader, requestIdOf, type AnswerHeaders } from './headers.js';

/** What browsers ask before a page of another origin may ask anything. */
export interface Preflights {
  /** The answer without what all of them carry; null = this is no preflight. */
  answer(method: string, header: HeaderReader, requestId: string): PlainAnswer | null;
  /** Writes it to a request that is one. */
  answerNode(request: IncomingMessage, response: ServerResponse): void;
}

const ALL_PAGES = 'Pages of other origins may not call this gateway: list their origins in CORS_ORIGINS to let them.';
const THIS_PAGE = 'Pages of this origin may not call this gateway: it is not one of CORS_ORIGINS.';

/** `headers`: what pages may send besides what all gateways take. */
export function createPreflights(
  corsOrigins: readonly string[],
  headers: readonly string[],
  answerHeaders: AnswerHeaders,
): Preflights {
  const listed = new Set(corsOrigins);
  const allowed: PlainAnswer = { status: 204, headers: allowedByCors(headers), body: '' };
  // A browser shows nothing of it, but whoever looks into its network log finds there what to do.
  const why = listed.size === 0 ? ALL_PAGES : THIS_PAGE;

  function answer(method: string, header: HeaderReader, requestId: string): PlainAnswer | null {
    if (!asksBefore(method, header)) return null;
    return listed.has(header('origin') ?? '')
      ? allowed
      : { status: 403, headers: JSON_TYPE, body: errorBody('FORBIDDEN', why, requestId) };
  }

  return {
    answer,
    answerNode(request, response) {
      const requestId = requestIdOf(request.headers);
      const given = answer(request.method ?? '', nodeHeader(request), requestId);
      if (given === null) return;
      // A list, which Node takes as it is: preflights come however much there is to do, and have to be cheap.
      const list = given.status === 204 ? [] : ['content-length', String(Buffer.byteLength(given.body))];
      const common = answerHeaders(requestId, request.headers.origin);
      for (const name in common) list.push(name, common[name] ?? '');
      for (const name in given.headers) list.push(name, given.headers[name] ?? '');
      response.writeHead(given.status, list);
      response.end(given.body);
    },
  };
}

/** Whether a request is one. */
export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && asksBefore(request.method, nodeHeader(request));
}

function asksBefore(method: string, header: HeaderReader): boolean {
  return method === 'OPTIONS' && header('origin') !== null && header('access-control-request-method') !== null;
}

/** Whether it is one as browsers send them, which is answered however much there is to do: they show a page nothing of a refusal. */
export function isPlainPreflight(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return isPreflight(request) && encoding === undefined && (length === undefined || length === '0');
}
