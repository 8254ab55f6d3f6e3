import type { Plugin } from 'graphql-yoga';
import type { Logger } from '../../log.js';
import type { OperationEnd, RequestState } from '../options.js';

/** Writes the one line of an operation that is over; a stream comes with the number of its results. */
export type RequestLog = (state: RequestState, codes: readonly string[], events?: number) => void;

const LONGEST_NAME = 100;

/** One line per operation: what it was, how long it took, what it cost upstream, how it ended. No value of any argument. */
export function createRequestLog(log: Logger, onOperation?: (end: OperationEnd) => void): RequestLog {
  return (state, codes, events) => {
    const { requestId, transport, startedAt, operation } = state;
    const ms = performance.now() - startedAt;
    const calls = listCalls(state.calls?.());
    log.info(operation ? 'operation' : 'request refused', {
      requestId,
      transport,
      kind: operation?.kind,
      name: operation?.name?.slice(0, LONGEST_NAME),
      ms: Math.round(ms),
      events,
      codes: codes.length > 0 ? codes : undefined,
      calls,
    });
    if (onOperation === undefined && state.finished === undefined) return;
    const end: OperationEnd = {
      kind: operation?.kind ?? null,
      name: operation?.name ?? null,
      transport,
      ms,
      codes,
      events: events ?? null,
    };
    onOperation?.(end);
    state.finished?.(end);
  };
}

function listCalls(calls: Readonly<Record<string, number>> | undefined): readonly string[] | undefined {
  let list: string[] | undefined;
  for (const provider in calls) (list ??= []).push(`${provider}=${calls[provider]}`);
  return list;
}

/** Says when a request never became an operation because its answer was made earlier. */
export function useRequestLog(log: Logger): Plugin<object, RequestState> {
  return {
    onResponse({ request, response, serverContext }) {
      if (response.status < 500) return;
      log.warn('answered with a server error', {
        requestId: serverContext.requestId,
        method: request.method,
        status: response.status,
      });
    },
  };
}
