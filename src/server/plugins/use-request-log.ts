import type { Plugin } from 'graphql-yoga';
import type { Logger } from '../../log.js';
import type { OperationEnd, RequestState } from '../server-options.js';

/** Writes the one line of an operation that is over; a stream comes with the number of its results. */
export type RequestLog = (state: RequestState, codes: readonly string[], events?: number) => void;

const LONGEST_NAME = 100;

/** One line per operation: what it was, how long it took, what it cost upstream, how it ended. No value of any argument. */
export function createRequestLog(log: Logger, onOperation?: (end: OperationEnd) => void): RequestLog {
  return (state, codes, events) => {
    const { requestId, transport, startedAt, operation } = state;
    const ms = performance.now() - startedAt;
    const calls = Object.entries(state.calls?.() ?? {}).map(([provider, count]) => `${provider}=${count}`);
    log.info(operation ? 'operation' : 'request refused', {
      requestId,
      transport,
      kind: operation?.kind,
      name: operation?.name?.slice(0, LONGEST_NAME),
      ms: Math.round(ms),
      events,
      ...(codes.length > 0 ? { codes } : {}),
      ...(calls.length > 0 ? { calls } : {}),
    });
    if (onOperation === undefined && state.finished === undefined) return;
    const end: OperationEnd = { kind: operation?.kind ?? null, name: operation?.name ?? null, transport, ms, codes, events: events ?? null };
    onOperation?.(end);
    state.finished?.(end);
  };
}

/** Says when a request never became an operation because its answer was made earlier. */
export function useRequestLog(log: Logger): Plugin<object, RequestState> {
  return {
    onResponse({ request, response, serverContext }) {
      if (response.status < 500) return;
      log.warn('answered with a server error', { requestId: serverContext.requestId, method: request.method, status: response.status });
    },
  };
}
