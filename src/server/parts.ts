import { createPlaces } from '../values/places.js';
import type { OpenStreams } from './events/frames.js';
import { createOpenStreams } from './events/streams.js';
import { createAddressReader } from './http/address.js';
import { type AnswerHeaders, createAnswerHeaders, createPreflighted } from './http/headers.js';
import type { HttpOptions } from './http/node-requests.js';
import { createHttpOperations } from './http/operations.js';
import { SOCKETS_PER_ADDRESS } from './http/places-per-address.js';
import { type Preflights, createPreflights } from './http/preflights.js';
import { type Readiness, createReadiness } from './http/readiness.js';
import { createYogaServer } from './http/yoga.js';
import { createErrorCoder } from './operation/coded-errors.js';
import { createDocuments } from './operation/documents.js';
import { createExecutor } from './operation/execution.js';
import { defaultQueryLimits } from './operation/limits.js';
import { createPersistedTexts, nothingPersisted, unfitDocuments } from './operation/persisted.js';
import { type Pipeline, createPipeline } from './operation/pipeline.js';
import { createRequestLog } from './operation/request-log.js';
import { createEventRuns } from './operation/shared-events.js';
import { shareQueries } from './operation/shared-queries.js';
import { type Overload, createOverload } from './overload/overload.js';
import { type ServerOptions, type ServerTimings, defaultTimings } from './options.js';

/** More than the bulkheads of all upstreams hold together, with the reads that share a call. */
const DEFAULT_MAX_IN_FLIGHT = 4_000;

/** What all ways in have in common. */
export interface Parts {
  readonly options: ServerOptions;
  readonly timings: ServerTimings;
  /** Whether the instance is about to end. */
  readonly lifecycle: { draining: boolean };
  readonly streams: OpenStreams;
  readonly pipeline: Pipeline;
  readonly answerHeaders: AnswerHeaders;
  readonly http: HttpOptions;
  readonly preflights: Preflights;
  readonly readiness: Readiness;
  readonly yoga: ReturnType<typeof createYogaServer>;
  readonly overload: Overload;
}

/** Makes them of the settings. */
export function createParts(options: ServerOptions): Parts {
  const timings = { ...defaultTimings, ...options.timings };
  const lifecycle = { draining: false };
  const streams = createOpenStreams();
  const { corsOrigins, maxBodyBytes, credentials } = options;
  const pipeline = pipelineOf(options);
  const answerHeaders = createAnswerHeaders(corsOrigins, credentials);
  const http: HttpOptions = {
    operations: createHttpOperations(pipeline, streams, timings.ssePingMs, maxBodyBytes),
    answerHeaders,
    isPreflighted: createPreflighted(credentials),
    maxBodyBytes,
    addressOf: createAddressReader(options.trustProxy ?? 0),
    places: createPlaces(options.socketsPerAddress ?? SOCKETS_PER_ADDRESS),
  };
  const pagesMaySend = [...credentials.headers, ...(options.corsHeaders ?? [])];
  const preflights = createPreflights(corsOrigins, pagesMaySend, answerHeaders);
  const readiness = createReadiness(options, lifecycle);
  const yoga = createYogaServer(options, pipeline, answerHeaders, lifecycle, readiness);
  const overload = createOverload({
    answerHeaders,
    corsOrigins,
    maxBodyBytes,
    maxInFlight: options.maxOperationsInFlight ?? DEFAULT_MAX_IN_FLIGHT,
    operatorName: options.operatorName ?? (() => null),
    operators: options.operators,
    onRefused: (refused) => options.log.warn('operations_refused', { refused }),
  });
  return { options, timings, lifecycle, streams, pipeline, answerHeaders, http, preflights, readiness, yoga, overload };
}

function pipelineOf(options: ServerOptions): Pipeline {
  const { schema, introspection, production, credentials, log } = options;
  const documents = createDocuments({ schema, limits: defaultQueryLimits, hideSuggestions: production });
  const persisted = options.persisted ?? nothingPersisted;
  const unfit = unfitDocuments(persisted.trusted, documents);
  if (unfit.length > 0) log.warn('trusted_documents_unfit', { ids: unfit.slice(0, 10), count: unfit.length });
  return createPipeline({
    schema,
    createContext: (input) => options.createContext(input),
    texts: createPersistedTexts(persisted),
    documents,
    publicForMs: options.publicForMs ?? 0,
    mayIntrospect: typeof introspection === 'function' ? introspection : () => introspection,
    isWatched: options.isWatched ?? (() => false),
    hideSuggestions: production,
    queries: shareQueries(createExecutor(schema, options.jit ?? true), credentials),
    eventRuns: createEventRuns(options.contextPerEvent, credentials),
    toCoded: createErrorCoder((error, requestId) => options.maskError(error, requestId)),
    requestLog: createRequestLog(log, options.onOperation),
  });
}
