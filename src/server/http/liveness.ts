import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestIdFrom } from '../operation/caller.js';

const BODY = '{"status":"ok"}';

/** Whether a request asks for nothing but whether this process answers. */
export function asksForLife({ method, url }: IncomingMessage): boolean {
  return url === '/health/live' && (method === 'GET' || method === 'HEAD');
}

/** Says that it does, by the shortest way: whoever asks may kill what answers late. */
export function answerLife(
  { headers }: IncomingMessage,
  response: ServerResponse,
  headersFor: (requestId: string, origin: string | null) => Readonly<Record<string, string>>,
): void {
  const sentId = headers['x-request-id'];
  const common = headersFor(requestIdFrom(typeof sentId === 'string' ? sentId : null), headers.origin ?? null);
  response.writeHead(200, {
    ...common,
    'content-type': 'application/json; charset=utf-8',
    'content-length': BODY.length,
  });
  response.end(BODY);
}
