import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { toAnswer } from './answers.js';
import { codeResult, codesOf, resultWithoutHttp, type ErrorCoder } from '../operation/coded-errors.js';
import { createEventFrames, markFrames } from '../events/frames.js';
import { framesOfResults } from '../events/sources.js';
import { mapResults, once, toEventStream, type OpenStreams } from '../events/streams.js';
import { mediaTypeFor } from './negotiation.js';
import type { RequestState } from '../options.js';
import { withUpstreamCalls } from '../operation/upstream-calls.js';
import type { RequestLog } from '../operation/request-log.js';

const EVENTS = 'text/event-stream';
/** What every stream of events carries. */
export const eventHeaders: Readonly<Record<string, string>> = {
  'content-type': `${EVENTS}; charset=utf-8`,
  'x-accel-buffering': 'no',
};

/** Codes the errors of every HTTP answer, writes event streams, and tells the log. */
export function useResults(
  toCoded: ErrorCoder,
  requestLog: RequestLog,
  streams: OpenStreams,
  pingMs: number,
): Plugin<object, RequestState> {
  return {
    onResultProcess({ request, result, serverContext, setResult, resultProcessor, setResultProcessor }) {
      if (Array.isArray(result)) return;
      const { requestId } = serverContext;
      if (Symbol.asyncIterator in result) {
        const coded = codeStream(result, serverContext, toCoded, requestLog);
        setResult(coded);
        // Without a processor nothing that the caller accepts can carry a stream; Yoga answers 406.
        if (resultProcessor !== undefined)
          setResultProcessor((_result, { Response }) => eventAnswer(Response, request.signal, coded, 200), EVENTS);
        return;
      }
      const coded = withUpstreamCalls(codeResult(result, requestId, toCoded), serverContext);
      setResult(coded);
      requestLog(serverContext, codesOf(coded));
      const mediaType = mediaTypeFor(request.headers.get('accept'));
      if (mediaType !== null) {
        setResultProcessor((_result, { Response }) => {
          const { body, ...init } = toAnswer(coded, mediaType);
          return new Response(body, { status: init.status, headers: { ...init.headers } });
        }, mediaType);
      } else if (wantsEventsOnly(request))
        setResultProcessor(
          (_result, { Response }) => eventAnswer(Response, request.signal, once(coded), eventStatus(coded)),
          EVENTS,
        );
    },
  };

  function eventAnswer(
    AnswerClass: typeof Response,
    gone: AbortSignal,
    results: AsyncGenerator<ExecutionResult, void>,
    status: number,
  ): Response {
    const frames = createEventFrames(
      framesOfResults(results, (one) => JSON.stringify(resultWithoutHttp(one))),
      { pingMs, streams },
    );
    const answer = new AnswerClass(toEventStream(frames, gone), { status, headers: { ...eventHeaders } });
    markFrames(answer, frames);
    return answer;
  }
}

/** A stream whose every result is coded; it is logged when it ends. */
export function codeStream(
  source: AsyncIterable<ExecutionResult>,
  state: RequestState,
  toCoded: ErrorCoder,
  requestLog: RequestLog,
): AsyncGenerator<ExecutionResult, void> {
  const codes = new Set<string>();
  let events = 0;
  const code = (result: ExecutionResult) => {
    events += 1;
    const coded = withUpstreamCalls(resultWithoutHttp(codeResult(result, state.requestId, toCoded)), state);
    for (const each of codesOf(coded)) codes.add(each);
    return coded;
  };
  return mapResults(
    source,
    code,
    (error) => code({ errors: [toCoded(error, state.requestId)] }),
    () => requestLog(state, [...codes], events),
  );
}

function wantsEventsOnly(request: Request): boolean {
  const accept = request.headers.get('accept')?.toLowerCase() ?? '';
  return accept.includes('text/event-stream') && !/application\/|\*\/\*|multipart\//.test(accept);
}

/** EventSource cannot read an error's body, so only faults of the HTTP request itself have another status than 200. */
export function eventStatus(result: ExecutionResult): number {
  const http = result.errors?.[0]?.extensions['http'];
  if (typeof http !== 'object' || http === null || 'spec' in http || !('status' in http)) return 200;
  return typeof http.status === 'number' ? http.status : 200;
}
