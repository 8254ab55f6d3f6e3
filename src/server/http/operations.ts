import type { MaybePromise } from '../../values/maybe-promise.js';
import { Frames, type EventAnswer } from '../events/frames.js';
import type { OpenStreams } from '../events/frames.js';
import type { OperationCaller } from '../operation/caller.js';
import { requestError } from '../operation/coded-errors.js';
import { isStream, streamOfOne, type Outcome, type ResultStream } from '../operation/outcome.js';
import { NOT_UTF8, notUtf8, paramsInBody, paramsInSearch } from '../operation/params.js';
import { notAcceptable, type Pipeline } from '../operation/pipeline.js';
import { statusOfStream, toAnswer, toGetAnswer, type PlainAnswer } from './answers.js';
import { acceptsOf, checkUnpacked, refusalType, type Accepts, type RequestHead } from './negotiation.js';

/** An operation that came by HTTP in one of the usual shapes. */
export interface HttpOperation {
  readonly head: RequestHead;
  /** Null when it is larger than allowed; undefined for a GET. */
  readonly body: string | typeof NOT_UTF8 | null | undefined;
  readonly caller: OperationCaller;
}

/** Answers operations, in two steps; the headers that every answer carries are for others to add. */
export interface HttpOperations {
  /** Runs it. Never throws or rejects. */
  run(operation: HttpOperation): MaybePromise<Outcome | ResultStream>;
  /** What it comes to, for whoever sent a request with this head. */
  write(outcome: Outcome | ResultStream, head: RequestHead): PlainAnswer | EventAnswer;
}

function tooLong(most: number) {
  const message = `The body is longer than ${most} bytes, the most that this gateway takes (its setting MAX_BODY_BYTES).`;
  return requestError('BAD_USER_INPUT', message, 413);
}

/** The way in for POSTs of JSON and for event streams: bytes to parameters, results to bytes. */
export function createHttpOperations(
  pipeline: Pipeline,
  streams: OpenStreams,
  pingMs: number,
  maxBodyBytes: number,
): HttpOperations {
  function begin({ head, body, caller }: HttpOperation, { result, stream }: Accepts) {
    try {
      // Before anything runs: a mutation whose answer nobody takes must not have happened.
      if (result === null && stream === null) throw notAcceptable();
      if (body !== undefined) checkUnpacked(head);
      if (body === null) throw tooLong(maxBodyBytes);
      if (body === NOT_UTF8) throw notUtf8();
      const params = body === undefined ? paramsInSearch(searchOf(head.url)) : paramsInBody(body);
      return stream === null ? pipeline.run(params, caller) : pipeline.subscribe(params, caller);
    } catch (reason) {
      return pipeline.refuse(reason, caller);
    }
  }

  return {
    run(operation) {
      const { body, head, caller } = operation;
      const accepts = acceptsOf(head.accept);
      const isTaken = accepts.result !== null || accepts.stream !== null;
      const joined =
        typeof body === 'string' && isTaken && head.contentEncoding === null ? pipeline.join(body, caller) : undefined;
      return joined === undefined
        ? begin(operation, accepts)
        : joined.then((outcome) => outcome ?? begin(operation, accepts));
    },
    write(outcome, { method, accept, ifNoneMatch }) {
      const { result, stream } = acceptsOf(accept);
      const streaming = isStream(outcome);
      if (stream !== null && (streaming || result === null)) {
        // Whoever takes nothing but streams gets a single result as a stream of one.
        const frames = new Frames(streaming ? outcome : streamOfOne(outcome), stream, pingMs, streams);
        return { status: streaming ? 200 : statusOfStream(outcome), headers: stream.headers, frames };
      }
      if (streaming) throw new Error('a stream for a caller who takes none');
      const mediaType = refusalType(accept);
      return method === 'GET' ? toGetAnswer(outcome, mediaType, ifNoneMatch) : toAnswer(outcome, mediaType);
    },
  };
}

/** What follows the question mark. */
export function searchOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}
