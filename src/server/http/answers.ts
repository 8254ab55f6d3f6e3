import type { ExecutionResult } from 'graphql';
import { resultWithoutHttp } from '../operation/coded-errors.js';
import type { MediaType } from './negotiation.js';

/** A whole answer, before it is known how it travels. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const contentTypes: Readonly<Record<MediaType, Readonly<Record<string, string>>>> = {
  'application/json': { 'content-type': 'application/json; charset=utf-8' },
  'application/graphql-response+json': { 'content-type': 'application/graphql-response+json; charset=utf-8' },
};

/**
 * Writes a coded result; `body` is its text, when it is known already. The status is the gravest that its errors ask for, else 200; faults of the document itself count
 * only for those who read the newer media type.
 */
export function toAnswer(result: ExecutionResult, mediaType: MediaType, body?: string): PlainAnswer {
  const headers = contentTypes[mediaType];
  if (result.errors === undefined) return { status: 200, headers, body: body ?? JSON.stringify(result) };
  let status = 0;
  const asked: Record<string, string> = {};
  for (const {
    extensions: { http },
  } of result.errors) {
    if (typeof http !== 'object' || http === null) continue;
    if ('headers' in http) Object.assign(asked, http.headers);
    if ('spec' in http && mediaType === 'application/json') continue;
    if ('status' in http && typeof http.status === 'number' && http.status > status) status = http.status;
  }
  return {
    status: status === 0 ? 200 : status,
    headers: { ...headers, ...asked },
    body: JSON.stringify(resultWithoutHttp(result)),
  };
}
