import { toAnswer, type PlainAnswer } from '../http/answers.js';
import { asGraphQLError, codeResult, codesOf, type ErrorCoder } from './coded-errors.js';
import type { Run } from './execution.js';
import type { OperationRules } from './use-documents.js';
import type { RequestLog } from './request-log.js';
import { noOperation, readParams, type MediaType } from '../http/negotiation.js';
import type { OperationContext, RequestState, ServerOptions } from '../options.js';
import { asOutcome, type Outcome, type SharedQueries } from './shared-queries.js';
import { withUpstreamCalls } from './upstream-calls.js';

/** A POST of one operation as JSON whose caller takes a plain answer. */
export interface PlainPost {
  readonly text: string;
  readonly mediaType: MediaType;
  readonly state: RequestState;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
}

export interface PlainPostOptions extends Pick<ServerOptions, 'createContext'> {
  readonly rules: OperationRules;
  readonly toCoded: ErrorCoder;
  readonly requestLog: RequestLog;
  readonly queries: SharedQueries;
}

export interface PlainPosts {
  /** Null = a stream is asked for, which is not answered here. */
  answer(post: PlainPost): Promise<PlainAnswer | null>;
  /** The answer to a request that is not let in. */
  refuse(state: RequestState, error: unknown, mediaType: MediaType): PlainAnswer;
}

/**
 * Answers plain posts without Request and Response objects and without the hooks of the HTTP server library, which cost more
 * than all the rest. The rules are those of every other way in.
 */
export function createPlainPosts({ rules, toCoded, requestLog, queries, createContext }: PlainPostOptions): PlainPosts {
  const { documents, mayIntrospect, checkVariables } = rules;

  function finish(state: RequestState, outcome: Outcome, mediaType: MediaType): PlainAnswer {
    const coded = withUpstreamCalls(codeResult(outcome.result, state.requestId, toCoded), state);
    requestLog(state, coded.errors === undefined ? none : codesOf(coded));
    state.release?.();
    return coded === outcome.result
      ? toAnswer(coded, mediaType, (outcome.body ??= JSON.stringify(coded)))
      : toAnswer(coded, mediaType);
  }

  /** Whoever wants to see his own calls has to make them. */
  function run(one: Run, { text, signal, state }: PlainPost): Outcome | Promise<Outcome> {
    if (one.prepared.known.kind === 'query' && state.upstreamCalls === undefined)
      return queries.query(one, { body: text, header: state.header, signal });
    return asOutcome(queries.alone(one));
  }

  async function answer(post: PlainPost): Promise<PlainAnswer | null> {
    const { state } = post;
    let outcome: Outcome;
    try {
      const params = readParams(post.text);
      const prepared = documents.prepare(params.query, () => mayIntrospect(state.header));
      if (prepared.document === null) throw prepared.syntaxError;
      const { document, errors } = prepared;
      const operation = prepared.operation(params.operationName);
      if (operation === undefined) throw noOperation();
      if (operation.known.kind === 'subscription') return null;
      state.operation = operation.known;
      if (errors.length > 0) {
        outcome = { result: { errors } };
      } else {
        const { header, requestId } = state;
        const made = createContext({ header, requestId, kind: operation.known.kind, signal: post.signal });
        const context: OperationContext = isPromise(made) ? await made : made;
        state.calls = context.calls;
        state.upstreamCalls = context.upstreamCalls;
        state.release = context.release;
        state.finished = context.finished;
        const wrong = checkVariables(document, operation, params.variables);
        outcome =
          wrong.length > 0
            ? { result: { errors: wrong } }
            : await run({ document, prepared: operation, variables: params.variables ?? null, context }, post);
      }
    } catch (thrown) {
      outcome = { result: { errors: [asGraphQLError(thrown)] } };
    }
    return finish(state, outcome, post.mediaType);
  }

  return {
    answer,
    refuse: (state, error, mediaType) => finish(state, { result: { errors: [asGraphQLError(error)] } }, mediaType),
  };
}

const none: readonly string[] = [];

function isPromise(value: object): value is Promise<object> {
  return 'then' in value;
}
