import { hash } from 'node:crypto';
import { textOf, type Outcome } from '../operation/outcome.js';
import { RESULT_TYPE, type MediaType } from './headers.js';

/** A whole answer, before it is known how it travels. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Writes an outcome. The status is the gravest that its errors ask for, else 200; faults of the document itself count only
 * for those who read the newer media type.
 */
export function toAnswer(outcome: Outcome, mediaType: MediaType): PlainAnswer {
  const headers = RESULT_TYPE[mediaType];
  const { errors } = outcome.result;
  if (errors === undefined) return { status: 200, headers, body: textOf(outcome) };
  let status = 0;
  const asked: Record<string, string> = {};
  for (const {
    extensions: { http },
  } of errors) {
    if (typeof http !== 'object' || http === null) continue;
    if ('headers' in http) Object.assign(asked, http.headers);
    if ('spec' in http && mediaType === 'application/json') continue;
    if ('status' in http && typeof http.status === 'number' && http.status > status) status = http.status;
  }
  return { status: status === 0 ? 200 : status, headers: { ...headers, ...asked }, body: textOf(outcome) };
}

/** An answer to a GET: what the deployment's own documents gave has an ETag, and says who may keep it. */
export function toGetAnswer(outcome: Outcome, mediaType: MediaType, ifNoneMatch: string | null): PlainAnswer {
  const answer = toAnswer(outcome, mediaType);
  const { publicMs, result } = outcome;
  if (publicMs === undefined || result.errors !== undefined) return answer;
  // Weak: the bytes differ with their encoding.
  const etag = `W/"${hash('sha256', `${mediaType} ${answer.body}`, 'base64url')}"`;
  const seconds = result.extensions === undefined ? Math.floor(publicMs / 1_000) : 0;
  const headers = {
    ...answer.headers,
    etag,
    'cache-control': seconds > 0 ? `public, max-age=${seconds}` : 'private, no-store',
  };
  const isKnown = ifNoneMatch?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag.slice(2)) === true;
  return isKnown ? { status: 304, headers, body: '' } : { ...answer, headers };
}

/** EventSource cannot read an error's body, so only faults of the HTTP request itself have another status than 200. */
export function statusOfStream({ result }: Outcome): number {
  const http = result.errors?.[0]?.extensions['http'];
  if (typeof http !== 'object' || http === null || 'spec' in http || !('status' in http)) return 200;
  return typeof http.status === 'number' ? http.status : 200;
}
