import { createOpenStreams } from './events/streams.js';
import { answerFetch, answerFetchedPreflight, fetchCaller, fetchHead } from './http/web-requests.js';
import { createAnswerHeaders, createPreflighted } from './http/headers.js';
import { answerLife, asksForLife } from './http/liveness.js';
import { asksForMetrics } from './http/metrics.js';
import { answerReadiness, asksForReadiness, createReadiness } from './http/readiness.js';
import { isOperation } from './http/negotiation.js';
import { receiveBody } from './http/node-bodies.js';
import { UnfinishedBodies } from './http/unfinished-bodies.js';
import { onceASecond } from '../values/once-a-second.js';
import { createListening } from './http/listening.js';
import { createNodeServer } from './http/node-server.js';
import { createHttpOperations } from './http/operations.js';
import { createAddressReader } from './http/address.js';
import { createPreflights, isPlainPreflight, isPreflight } from './http/preflights.js';
import { createOriginCheck } from './http/origins.js';
import { createPlaces } from '../values/places.js';
import { SOCKETS_PER_ADDRESS } from './http/places.js';
import { hostCheck } from './http/hosts.js';
import { createRefusals } from './http/refusals.js';
import { nodeHead } from './http/node-head.js';
import { answerOperation, nodeCaller, type HttpOptions } from './http/node-requests.js';
import { createYogaServer } from './http/yoga.js';
import { createErrorCoder } from './operation/coded-errors.js';
import { createDocuments } from './operation/documents.js';
import { createExecutor } from './operation/execution.js';
import { defaultQueryLimits } from './operation/limits.js';
import { createPersistedTexts, nothingPersisted, unfitDocuments } from './operation/persisted.js';
import { createPipeline } from './operation/pipeline.js';
import { createRequestLog } from './operation/request-log.js';
import { createEventRuns } from './operation/shared-events.js';
import { shareQueries } from './operation/shared-queries.js';
import { defaultTimings, defaultWebSocketLimits, type ServerApp, type ServerOptions } from './options.js';
import { createOverload } from './overload/overload.js';
import { createWebSockets } from './web-sockets/upgrade.js';

/** More than the bulkheads of all upstreams hold together, with the reads that share a call. */
const DEFAULT_MAX_IN_FLIGHT = 4_000;

/** Puts the graph on HTTP, server-sent events and graphql-ws, with health, GraphiQL and a graceful end. */
export function createServerApp(options: ServerOptions): ServerApp {
  const timings = { ...defaultTimings, ...options.timings };
  const lifecycle = { draining: false };
  const streams = createOpenStreams();
  const { schema, introspection, production, corsOrigins, maxBodyBytes, credentials, log } = options;
  const documents = createDocuments({
    schema,
    limits: defaultQueryLimits,
    hideSuggestions: production,
  });
  const persisted = options.persisted ?? nothingPersisted;
  const unfit = unfitDocuments(persisted.trusted, documents);
  if (unfit.length > 0) log.warn('trusted_documents_unfit', { ids: unfit.slice(0, 10), count: unfit.length });
  const pipeline = createPipeline({
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
    onRefused: (refused) => log.warn('operations_refused', { refused }),
  });
  const refusals = createRefusals(answerHeaders);
  const cutBody = onceASecond((count: number) => log.warn('bodies_cut', { count }));
  const bodies = { maxBytes: maxBodyBytes, unfinished: new UnfinishedBodies(http.addressOf, cutBody) };
  const sockets = createWebSockets({
    pipeline,
    timings,
    limits: { ...defaultWebSocketLimits, ...options.webSocketLimits },
    lifecycle,
    overload,
    addressOf: http.addressOf,
    places: http.places,
    refuse: refusals.socket,
    mayConnect: createOriginCheck(corsOrigins, options.trustProxy ?? 0),
    maxPayloadBytes: maxBodyBytes,
  });
  const { server, closeIdle } = createNodeServer(
    {
      overload,
      refusals,
      mayBeCalled: hostCheck(options.hosts),
      isExempt: (request) =>
        asksForLife(request) ||
        asksForReadiness(request) ||
        asksForMetrics(request, options) ||
        isPlainPreflight(request),
      answer(request, response) {
        if (asksForLife(request)) return (answerLife(request, response, answerHeaders), null);
        if (asksForReadiness(request)) return answerReadiness(request, response, readiness, answerHeaders);
        if (isPreflight(request)) return (preflights.answerNode(request, response), null);
        const head = nodeHead(request);
        return !lifecycle.draining && isOperation(head)
          ? answerOperation(request, response, head, http)
          : yoga.handleNodeRequestAndResponse(request, response, { caller: nodeCaller(request, http) });
      },
      receive: (request, arriving) => receiveBody(request, bodies, arriving),
      upgrade: (request, socket, head) => sockets.upgrade(request, socket, head),
      sentAhead: (count) => log.warn('requests_sent_ahead', { count }),
      unread: (count) => log.warn('answers_unread', { count }),
      failed: (reason) => log.error('request_failed', { reason }),
    },
    timings,
  );
  const listening = createListening(server, (reason) => log.warn('accepts_one_per_turn', { reason }));

  async function close(lingerMs = 0): Promise<void> {
    if (lifecycle.draining) return closed;
    lifecycle.draining = true;
    return (closed = drain(lingerMs));
  }
  let closed = Promise.resolve();

  /** Streams go first, since their callers connect again elsewhere; then running requests end by themselves or by the clock. */
  async function drain(lingerMs: number): Promise<void> {
    const ended = listening.close();
    const cut = setTimeout(() => {
      sockets.terminate();
      server.closeAllConnections();
    }, timings.drainMs);
    sockets.drain();
    closeIdle(lingerMs);
    await streams.cutAll();
    await ended;
    clearTimeout(cut);
  }

  return {
    async fetch(request) {
      const preflight = answerFetchedPreflight(request, preflights, answerHeaders);
      if (preflight !== null) return preflight;
      const head = fetchHead(request);
      return !lifecycle.draining && isOperation(head)
        ? answerFetch(request, head, http)
        : yoga.fetch(request, { caller: fetchCaller(request, http.isPreflighted) });
    },
    listen: listening.listen,
    load: overload.load,
    close,
  };
}
