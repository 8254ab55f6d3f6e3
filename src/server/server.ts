import type { ExecutionArgs } from 'graphql';
import { createYoga, type YogaInitialContext } from 'graphql-yoga';
import { asGraphQLError, createErrorCoder } from './operation/coded-errors.js';
import { createDocuments } from './operation/documents.js';
import { createEventOperations } from './events/event-operations.js';
import { answerEvents, asksForEvents, type EventRequestOptions } from './http/event-requests.js';
import { createOpenStreams } from './events/streams.js';
import { createExecutor } from './operation/execution.js';
import { createGraphiQL } from './http/graphiql-page.js';
import { answerLife, asksForLife } from './http/liveness.js';
import { createOverload } from './overload/overload.js';
import { bind, createNodeServer } from './http/node-server.js';
import { answerPlainFetch } from './http/plain-fetch.js';
import { answerPlainPost, nodeHeader, plainMediaType, type PlainNodeOptions } from './http/requests.js';
import { createPlainPosts } from './operation/plain-posts.js';
import { corsAnswerHeaders, corsFor, createAnswerHeaders, useAnswerHeaders } from './http/headers.js';
import { createVariableCheck, useDocuments, type OperationRules } from './operation/use-documents.js';
import { createRequestLog, useRequestLog } from './operation/request-log.js';
import { useRequestShape } from './http/use-request-shape.js';
import { useResults } from './http/use-results.js';
import { useRoutes } from './http/routes.js';
import { useFreshEventContext } from './operation/use-fresh-event-context.js';
import { defaultQueryLimits } from './operation/limits.js';
import { httpRequestState, nativeSignal } from './operation/request-state.js';
import { defaultTimings, type RequestState, type ServerApp, type ServerOptions } from './options.js';
import { createEventRuns } from './operation/shared-events.js';
import { shareQueries } from './operation/shared-queries.js';
import { createWebSockets } from './web-sockets/upgrade.js';

export type {
  ContextInput,
  HeaderReader,
  NamedOperation,
  OperationEnd,
  OperationKind,
  ServerApp,
  ServerOptions,
} from './options.js';

/** Above what the bulkheads of four upstreams can hold, with the reads that share a call. */
const DEFAULT_MAX_IN_FLIGHT = 4_000;

/** Puts the graph on HTTP, server-sent events and graphql-ws, with health, GraphiQL and a graceful end. */
export function createServerApp(options: ServerOptions): ServerApp {
  const timings = { ...defaultTimings, ...options.timings };
  const lifecycle = { draining: false };
  const streams = createOpenStreams();
  const toCoded = createErrorCoder((error, requestId) => options.maskError(error, requestId));
  const requestLog = createRequestLog(options.log, options.onOperation);
  const limits = { ...defaultQueryLimits, ...options.limits };
  const { schema, introspection, production } = options;
  const queries = shareQueries(createExecutor(schema, options.jit ?? true), options.credentials);
  const rules: OperationRules = {
    documents: createDocuments({ schema, limits, hideSuggestions: production }),
    executor: queries.alone,
    mayIntrospect: typeof introspection === 'function' ? introspection : () => introspection,
    checkVariables: createVariableCheck(schema, production),
  };
  const runs = createEventRuns(options.contextPerEvent, options.credentials);
  const answerHeaders = createAnswerHeaders(options.corsOrigins, options.credentials);
  const plain: PlainNodeOptions = {
    posts: createPlainPosts({
      rules,
      toCoded,
      requestLog,
      queries,
      createContext: (input) => options.createContext(input),
    }),
    headersFor: (requestId, origin) =>
      origin === null
        ? answerHeaders(requestId)
        : { ...corsAnswerHeaders(options.corsOrigins, origin), ...answerHeaders(requestId) },
    maxBodyBytes: options.maxBodyBytes,
    others: (request) => fetchFromYoga(request),
  };

  const yoga = createYoga<RequestState, object>({
    schema,
    context: (initial) => makeContext(initial, options),
    graphqlEndpoint: '/graphql',
    healthCheckEndpoint: ' ', // Matches no address: the routes below answer for health.
    landingPage: false,
    graphiql: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: options.maxBodyBytes,
    cors: options.corsOrigins.length > 0 ? corsFor(options.corsOrigins, options.credentials) : false,
    logging: false,
    // Nothing is shown here: `useResults` masks at the end, where the request's id is known.
    maskedErrors: { isDev: false, maskError: asGraphQLError },
    parserAndValidationCache: false,
    plugins: [
      useRoutes(options, options.graphiql ? createGraphiQL(options) : null, lifecycle),
      useAnswerHeaders(answerHeaders),
      useRequestLog(options.log),
      useRequestShape(),
      useDocuments(rules),
      useFreshEventContext(runs),
      useResults(toCoded, requestLog, streams, timings.ssePingMs),
    ],
  });

  const events: EventRequestOptions = {
    ...plain,
    operations: createEventOperations({
      schema,
      rules,
      toCoded,
      requestLog,
      runs,
      streams,
      pingMs: timings.ssePingMs,
      createContext: (input) => options.createContext(input),
    }),
  };
  const overload = createOverload({
    answerHeaders,
    corsOrigins: options.corsOrigins,
    maxBodyBytes: options.maxBodyBytes,
    maxInFlight: options.maxOperationsInFlight ?? DEFAULT_MAX_IN_FLIGHT,
    onRefused: (refused) => options.log.warn('operations refused: too much to do', { refused }),
  });
  const sockets = createWebSockets({
    steps: (state) => bindSteps(yoga.getEnveloped(state)),
    toCoded,
    requestLog,
    timings,
    lifecycle,
    overload,
    maxPayloadBytes: options.maxBodyBytes,
  });
  const { server, closeIdle } = createNodeServer(
    {
      overload,
      answer(request, response) {
        if (asksForLife(request)) return (answerLife(request, response, plain.headersFor), null);
        if (!lifecycle.draining && asksForEvents(request)) return answerEvents(request, events);
        const mediaType = lifecycle.draining ? null : plainMediaType(request);
        if (mediaType === null)
          return yoga.handleNodeRequestAndResponse(request, response, httpRequestState(nodeHeader(request)));
        return answerPlainPost(request, response, mediaType, plain);
      },
      upgrade: (request, socket, head) => sockets.upgrade(request, socket, head),
      failed: (reason) => options.log.error('a request failed outside the graph', { reason }),
    },
    timings,
  );

  async function close(lingerMs = 0): Promise<void> {
    if (lifecycle.draining) return closed;
    lifecycle.draining = true;
    return (closed = drain(lingerMs));
  }
  let closed = Promise.resolve();

  /** Streams go first, since their callers connect again elsewhere; then running requests end by themselves or by the clock. */
  async function drain(lingerMs: number): Promise<void> {
    const ended = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
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

  const fetchFromYoga = async (request: Request): Promise<Response> =>
    yoga.fetch(
      request,
      httpRequestState((name) => request.headers.get(name)),
    );

  return {
    fetch: async (request) => (lifecycle.draining ? fetchFromYoga(request) : answerPlainFetch(request, plain)),
    listen: (host, port) => bind(server, host, port),
    load: overload.load,
    close,
  };
}

/** The options' own context, made when the operation is known; Yoga lays it over the request's state. */
function makeContext(initial: RequestState & YogaInitialContext, options: ServerOptions): object | Promise<object> {
  const { requestId, header, operation } = initial;
  if (operation === undefined) throw new Error('a context before its operation is known');
  const signal = initial.signal ?? nativeSignal(initial.request.signal);
  return options.createContext({ requestId, header, signal, kind: operation.kind });
}

type Enveloped = ReturnType<ReturnType<typeof createYoga<RequestState, object>>['getEnveloped']>;

function bindSteps({ schema, parse, validate, contextFactory, execute, subscribe }: Enveloped) {
  return {
    schema,
    parse: (text: string) => parse(text),
    validate: (against: ExecutionArgs['schema'], document: ExecutionArgs['document']) => validate(against, document),
    contextFactory: () => contextFactory(),
    execute: (args: ExecutionArgs) => execute(args),
    subscribe: (args: ExecutionArgs) => subscribe(args),
  };
}
