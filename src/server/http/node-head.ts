import type { IncomingMessage } from 'node:http';
import type { RequestHead } from './negotiation.js';

/** The head of a request as Node parsed it. */
export function nodeHead({ method = 'GET', url = '', headers }: IncomingMessage): RequestHead {
  return {
    method,
    url,
    contentType: headers['content-type'] ?? null,
    contentEncoding: headers['content-encoding'] ?? null,
    accept: headers.accept ?? null,
    ifNoneMatch: headers['if-none-match'] ?? null,
  };
}
