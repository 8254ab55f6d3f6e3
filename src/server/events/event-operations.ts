import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { asGraphQLError, codeResult, codesOf, resultWithoutHttp, type ErrorCoder } from '../operation/coded-errors.js';
import { createEventFrames, toFrame, type EventAnswer } from './frames.js';
import { framesOfEvents, framesOfResults, type EventPresenter } from './sources.js';
import { once, type OpenStreams } from './streams.js';
import type { OperationRules } from '../operation/use-documents.js';
import type { RequestLog } from '../operation/request-log.js';
import { eventStatus } from '../http/use-results.js';
import { tooLarge, type OperationParams } from '../http/negotiation.js';
import type { RequestState, ServerOptions } from '../options.js';
import type { EventRuns, RunEvent } from '../operation/shared-events.js';
import { withUpstreamCalls } from '../operation/upstream-calls.js';

/** A request of a caller who takes nothing but a stream of events. */
export interface EventRequest {
  readonly params: OperationParams;
  readonly state: RequestState;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
}

/** An answer whose headers are still missing those that every answer carries. */
export type OpenedEvents = Omit<EventAnswer, 'headers'>;

export interface EventOperations {
  /** Null = it is no subscription, or not a sound one: others answer that. */
  answer(request: EventRequest): Promise<OpenedEvents | null>;
  /** The answer to a body above the cap. */
  refuseSize(state: RequestState): OpenedEvents;
}

export interface EventOperationOptions extends Pick<ServerOptions, 'schema' | 'createContext'> {
  readonly rules: OperationRules;
  readonly toCoded: ErrorCoder;
  readonly requestLog: RequestLog;
  readonly runs: EventRuns;
  readonly streams: OpenStreams;
  readonly pingMs: number;
}

/**
 * Answers subscriptions without Request and Response objects and without the hooks of the HTTP server library: these would live
 * as long as the stream, of which there are thousands. The rules are those of every other way in.
 */
export function createEventOperations(options: EventOperationOptions): EventOperations {
  const { schema, rules, toCoded, requestLog, runs, streams, pingMs } = options;
  const { documents, mayIntrospect, checkVariables } = rules;

  function refuse(state: RequestState, result: ExecutionResult): OpenedEvents {
    const coded = withUpstreamCalls(codeResult(result, state.requestId, toCoded), state);
    requestLog(state, codesOf(coded));
    const results = framesOfResults(once(coded), (one) => JSON.stringify(resultWithoutHttp(one)));
    return { status: eventStatus(coded), frames: createEventFrames(results, { pingMs, streams }) };
  }

  async function answer({ params, state, signal }: EventRequest): Promise<OpenedEvents | null> {
    const prepared = documents.prepare(params.query, () => mayIntrospect(state.header));
    if (prepared.document === null || prepared.errors.length > 0) return null;
    const { document } = prepared;
    const operation = prepared.operation(params.operationName);
    if (operation?.known.kind !== 'subscription' || checkVariables(document, operation, params.variables).length > 0)
      return null;
    let context: RequestState = { ...state, operation: operation.known };
    try {
      const { header, requestId } = state;
      // The context belongs to this operation alone; with the state on it, it knows what Yoga's would.
      context = Object.assign(
        await options.createContext({ header, requestId, kind: 'subscription', signal }),
        context,
      );
      const args: ExecutionArgs = {
        schema,
        document,
        contextValue: context,
        variableValues: params.variables ?? null,
        operationName: params.operationName ?? null,
      };
      const events = await createSourceEventStream(args);
      if (!(Symbol.asyncIterator in events)) return refuse(context, events);
      const presenter = new StreamResults(context, runs(args, header), toCoded, requestLog);
      return {
        status: 200,
        frames: createEventFrames(framesOfEvents(events[Symbol.asyncIterator](), presenter), { pingMs, streams }),
      };
    } catch (thrown) {
      return refuse(context, { errors: [asGraphQLError(thrown)] });
    }
  }

  return { answer, refuseSize: (state) => refuse(state, { errors: [tooLarge()] }) };
}

/** Makes frames of one stream's events, and its line in the log when it is over. */
class StreamResults implements EventPresenter {
  #codes: Set<string> | undefined;
  #events = 0;

  constructor(
    private readonly state: RequestState,
    private readonly run: RunEvent,
    private readonly toCoded: ErrorCoder,
    private readonly requestLog: RequestLog,
  ) {}

  present(event: unknown): Uint8Array | Promise<Uint8Array> {
    const outcome = this.run(event);
    if ('then' in outcome) return outcome.then(({ result }) => this.#write(result));
    // A frame that says nothing of this caller's request can be everybody's.
    if (outcome.result.errors !== undefined || this.state.upstreamCalls !== undefined)
      return this.#write(outcome.result);
    this.#events += 1;
    return (outcome.frame ??= toFrame(JSON.stringify(outcome.result)));
  }

  presentFailure(error: unknown): Uint8Array {
    return this.#write({ errors: [this.toCoded(error, this.state.requestId)] });
  }

  ended(): void {
    this.requestLog(this.state, [...(this.#codes ?? [])], this.#events);
  }

  #write(result: ExecutionResult): Uint8Array {
    this.#events += 1;
    const coded = withUpstreamCalls(
      resultWithoutHttp(codeResult(result, this.state.requestId, this.toCoded)),
      this.state,
    );
    for (const code of codesOf(coded)) (this.#codes ??= new Set()).add(code);
    return toFrame(JSON.stringify(coded));
  }
}
