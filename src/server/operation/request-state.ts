import { randomUUID } from 'node:crypto';
import type { HeaderReader, RequestState } from '../options.js';

const SANE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The caller's own request id when it is harmless, else a new random one. */
export function requestIdFrom(inbound: string | null): string {
  return inbound !== null && SANE_ID.test(inbound) ? inbound : randomUUID();
}

/** The state of one HTTP request. */
export function httpRequestState(header: HeaderReader): RequestState {
  return { requestId: requestIdFrom(header('x-request-id')), header, transport: 'http', startedAt: performance.now() };
}

/** A plain signal that follows another; the HTTP layer's own is not a native one and cannot be combined with others everywhere. */
export function nativeSignal(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  return controller.signal;
}
