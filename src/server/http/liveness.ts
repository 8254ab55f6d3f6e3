import type { IncomingMessage, ServerResponse } from 'node:http';
import { JSON_TYPE, requestIdOf, type AnswerHeaders } from './headers.js';

const BODY = '{"status":"ok"}';

/** Whether a request asks for nothing but whether this process answers. */
export function asksForLife({ method, url }: IncomingMessage): boolean {
  return url === '/health/live' && (method === 'GET' || method === 'HEAD');
}

/** Says that it does, by the shortest way: whoever asks may kill what answers late. */
export function answerLife({ headers }: IncomingMessage, response: ServerResponse, answerHeaders: AnswerHeaders): void {
  const common = answerHeaders(requestIdOf(headers), headers.origin);
  response.writeHead(200, { ...common, ...JSON_TYPE, 'content-length': BODY.length });
  response.end(BODY);
}
