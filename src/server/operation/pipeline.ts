import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
} from 'graphql';
import { GONE, Stay } from '../../values/departure.js';
import { isPromise, type MaybePromise } from '../../values/maybe-promise.js';
import type { HeaderReader, OperationContext, ServerOptions } from '../options.js';
import type { OperationCaller } from './caller.js';
import {
  asGraphQLError,
  codeResult,
  codesOf,
  requestError,
  withoutDeparture,
  type ErrorCoder,
} from './coded-errors.js';
import type { Documents, PreparedOperation } from './documents.js';
import { EventResults } from './event-results.js';
import type { Run } from './prepared-run.js';
import { declaredValues, variableErrors } from './input-errors.js';
import { isStream, type Outcome, type ResultStream } from './outcome.js';
import { onlyIntrospects } from './limits.js';
import { noOperation, type OperationParams } from './params.js';
import { notListed, type PersistedTexts } from './persisted.js';
import { createPublicCheck } from './public-data.js';
import type { Passage, RequestLog } from './request-log.js';
import type { EventRuns } from './shared-events.js';
import { asOutcome, type SharedQueries } from './shared-queries.js';

/** The steps of every operation, whichever way it came in. Nothing here throws or rejects: what goes wrong is an outcome. */
export interface Pipeline {
  /** Runs a query or a mutation, for a caller who takes no stream. */
  run(params: OperationParams, caller: OperationCaller): MaybePromise<Outcome>;
  /** Runs any operation: a subscription that can begin gives a stream, all else an outcome. */
  subscribe(params: OperationParams, caller: OperationCaller): MaybePromise<Outcome | ResultStream>;
  /**
   * The outcome of an equal query of an equal caller that began just now; undefined when there is none, at once or, when that
   * one ends for reasons of its own, later. `question` as in `OperationParams`, which need not have been read yet.
   */
  join(question: string, caller: OperationCaller): Promise<Outcome | undefined> | undefined;
  /** Ends what never became an operation, such as a body that is no JSON. */
  refuse(reason: unknown, caller: OperationCaller): Outcome;
}

export interface PipelineOptions extends Pick<ServerOptions, 'schema' | 'createContext'> {
  readonly texts: PersistedTexts;
  readonly documents: Documents;
  /** How long anybody may keep what is the same for everybody; 0 = not at all. */
  readonly publicForMs: number;
  mayIntrospect(header: HeaderReader): boolean;
  /** Whether somebody follows this very operation, which then gets a context of its own. */
  isWatched(header: HeaderReader): boolean;
  readonly hideSuggestions: boolean;
  readonly queries: SharedQueries;
  readonly eventRuns: EventRuns;
  readonly toCoded: ErrorCoder;
  readonly requestLog: RequestLog;
}

/** Several faults of one operation at once. */
class Faults extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('the operation cannot run');
  }
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { schema, texts, documents, createContext, hideSuggestions, queries, eventRuns, toCoded, requestLog } = options;
  const isPublic = createPublicCheck(schema);

  /** All steps of one operation; `act` is what is done with it once it may run. */
  function pass<Answer extends Outcome | ResultStream>(
    passage: Passage,
    params: OperationParams,
    act: (passage: Passage, run: Run, params: OperationParams) => MaybePromise<Answer>,
  ): MaybePromise<Answer | Outcome> {
    const { header, requestId, address, signal: caller } = passage.caller;
    const signal = (passage.stay = new Stay(caller));
    const fail = (thrown: unknown): Outcome => finish(passage, failure(thrown, passage.caller));
    const deliver = (answer: Answer): Answer | Outcome => (isStream(answer) ? answer : finish(passage, answer));
    let answer: MaybePromise<Answer>;
    try {
      const admitted = admit(passage, params);
      const made = createContext({ header, requestId, signal, address, kind: admitted.operation.known.kind });
      const perform = (context: OperationContext) => act(passage, check(passage, params, admitted, context), params);
      answer = isPromise(made) ? made.then(perform) : perform(made);
    } catch (thrown) {
      return fail(thrown);
    }
    return isPromise(answer) ? answer.then(deliver, fail) : deliver(answer);
  }

  /** Finds the operation, and whether its way in can carry it and its caller may ask it. */
  function admit(passage: Passage, params: OperationParams): Admitted {
    const { caller } = passage;
    const mayIntrospect = () => options.mayIntrospect(caller.header);
    const { text, trusted, onlyIntrospection, keepAs } = texts.find(params, mayIntrospect);
    const readable = documents.prepare(text, mayIntrospect);
    if (readable.document === null) throw readable.syntaxError;
    if (onlyIntrospection && !onlyIntrospects(readable.document)) throw notListed();
    const operation = readable.operation(params.operationName);
    if (operation === undefined) throw noOperation(readable.document, params.operationName);
    passage.operation = operation.known;
    const objection = caller.objection?.(operation.definition) ?? null;
    if (objection !== null) throw objection;
    if (readable.errors.length > 0) throw new Faults(readable.errors);
    if (keepAs !== undefined) texts.keep(keepAs, text);
    if (trusted) passage.publicMs = isPublic(readable.document, operation) ? options.publicForMs : 0;
    return { document: readable.document, operation };
  }

  /** Checks the variables, now that the context is there. */
  function check(
    passage: Passage,
    { variables }: OperationParams,
    { document, operation }: Admitted,
    context: OperationContext,
  ): Run {
    passage.context = context;
    const { definition } = operation;
    const values = declaredValues({ schema, operation: definition, values: variables ?? {} });
    const faults = variableErrors({ schema, document, operation: definition, values, hideSuggestions });
    if (faults.length > 0) throw new Faults(faults);
    return { document, operation, variables: values, context };
  }

  /** Joins without parsing, preparing and a context, which is most of the work of a query that many ask at once. */
  function join(question: string, caller: OperationCaller): Promise<Outcome | undefined> | undefined {
    const leader = queries.underWay({ question, header: caller.header });
    if (leader === undefined || options.isWatched(caller.header)) return undefined;
    const { operation, context } = leader.run;
    if ((caller.objection?.(operation.definition) ?? null) !== null) return undefined;
    // Equal callers have the same key; what the leader's context counts and holds is the leader's own.
    const passage: Passage = { caller, operation: operation.known, context: { operator: context.operator } };
    return leader.landing(caller.signal).then(
      (outcome) => (outcome === 'unknown' ? undefined : finish(passage, outcome)),
      (thrown: unknown) => finish(passage, failure(thrown, caller)),
    );
  }

  /** Runs a query or a mutation: an equal query of an equal caller that began just now is joined. */
  function execute({ caller, stay, context }: Passage, run: Run, { question }: OperationParams): MaybePromise<Outcome> {
    if (run.operation.known.kind === 'subscription') throw notAcceptable();
    // Whoever wants to see their own calls has to make them.
    const shareable = run.operation.known.kind === 'query' && context?.upstreamCalls === undefined;
    if (!shareable || question === undefined || stay === undefined) return asOutcome(queries.alone(run));
    return queries.query(run, { question, header: caller.header, stay });
  }

  function subscribe(passage: Passage, run: Run, params: OperationParams): MaybePromise<Outcome | ResultStream> {
    return run.operation.known.kind === 'subscription' ? listen(passage, run) : execute(passage, run, params);
  }

  async function listen(
    passage: Passage,
    { document, operation, variables, context }: Run,
  ): Promise<Outcome | ResultStream> {
    const args: ExecutionArgs = {
      schema,
      document,
      contextValue: context,
      variableValues: variables,
      operationName: operation.definition.name?.value ?? null,
    };
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return { result: source };
    /** Made for streams with an error alone: thousands are open at a time. */
    let codes: Set<string> | undefined;
    let events = 0;
    return new EventResults(source[Symbol.asyncIterator](), {
      run: eventRuns(args, passage.caller.header),
      complete(outcome) {
        events += 1;
        const complete = makeFit(passage, outcome);
        if (complete.result.errors !== undefined)
          for (const code of codesOf(complete.result)) (codes ??= new Set()).add(code);
        return complete;
      },
      ended: () => end(passage, codes ? [...codes] : none, events),
    });
  }

  /** Codes the errors, and adds the upstream calls of a caller who asked to see them. */
  function makeFit({ caller, context }: Passage, outcome: Outcome): Outcome {
    const told = caller.signal.aborted ? withoutDeparture(outcome.result) : outcome.result;
    const coded = codeResult(told, caller.requestId, toCoded);
    const upstream = context?.upstreamCalls?.();
    if (upstream !== undefined) return { result: { ...coded, extensions: { ...coded.extensions, upstream } } };
    return coded === outcome.result ? outcome : { result: coded };
  }

  function finish(passage: Passage, outcome: Outcome): Outcome {
    const complete = makeFit(passage, outcome);
    if (passage.publicMs !== undefined) complete.publicMs = passage.publicMs;
    end(passage, complete.result.errors === undefined ? none : codesOf(complete.result));
    return complete;
  }

  /** Tells the log and the metrics, and lets go of what the context holds. */
  function end(passage: Passage, codes: readonly string[], events?: number): void {
    requestLog(passage, codes, events);
    passage.context?.release?.();
  }

  return {
    run: (params, caller) => pass({ caller }, params, execute),
    subscribe: (params, caller) => pass({ caller }, params, subscribe),
    join,
    refuse: (reason, caller) => finish({ caller }, failure(reason, caller)),
  };
}

/** An operation that may run, but for its variables. */
interface Admitted {
  readonly document: DocumentNode;
  readonly operation: PreparedOperation;
}

const none: readonly string[] = [];

function failure(thrown: unknown, { signal }: OperationCaller): Outcome {
  if (thrown === GONE && signal.aborted) return { result: { data: null } };
  const result: ExecutionResult = { errors: thrown instanceof Faults ? thrown.errors : [asGraphQLError(thrown)] };
  return { result };
}

/** The media types that work, in words for those whose own do not. */
export const RESULT_TYPES = 'application/json or application/graphql-response+json';
export const STREAM_TYPES = 'text/event-stream or multipart/mixed;subscriptionSpec=1.0';

/** The refusal of an operation whose answer the caller cannot take. */
export function notAcceptable(): GraphQLError {
  return requestError(
    'BAD_USER_INPUT',
    `The accept header has to name ${RESULT_TYPES} for queries and mutations, ${STREAM_TYPES} for ` +
      'subscriptions, which can also come over graphql-ws.',
    406,
  );
}
