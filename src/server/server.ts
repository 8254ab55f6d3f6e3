import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MaybePromise } from '../values/maybe-promise.js';
import { onceASecond } from '../values/once-a-second.js';
import { hostCheck } from './http/hosts.js';
import { createListening } from './http/listening.js';
import { answerLife, asksForLife } from './http/liveness.js';
import { asksForMetrics } from './http/metrics.js';
import { isOperation } from './http/negotiation.js';
import { receiveBody } from './http/node-bodies.js';
import { nodeHead } from './http/node-head.js';
import { type HeldEvents, answerOperation, nodeCaller } from './http/node-requests.js';
import { type NodeServer, createNodeServer } from './http/node-server.js';
import { createOriginCheck } from './http/origins.js';
import { isPlainPreflight, isPreflight } from './http/preflights.js';
import { answerReadiness, asksForReadiness } from './http/readiness.js';
import { type Refusals, createRefusals } from './http/refusals.js';
import { UnfinishedBodies } from './http/unfinished-bodies.js';
import { answerFetch, answerFetchedPreflight, fetchCaller, fetchHead } from './http/web-requests.js';
import { type WebSockets, createWebSockets } from './web-sockets/upgrade.js';
import { type ServerApp, type ServerOptions, defaultWebSocketLimits } from './options.js';
import { type Parts, createParts } from './parts.js';

/** Puts the graph on HTTP, server-sent events and graphql-ws, with health, GraphiQL and a graceful end. */
export function createServerApp(options: ServerOptions): ServerApp {
  const parts = createParts(options);
  const { timings, lifecycle, streams, overload } = parts;
  const refusals = createRefusals(parts.answerHeaders);
  const sockets = createSockets(parts, refusals);
  const { server, closeIdle } = createNode(parts, refusals, sockets);
  const listening = createListening(server, (reason) => options.log.warn('accepts_one_per_turn', { reason }));

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

  return { fetch: (request) => answerFetched(request, parts), listen: listening.listen, load: overload.load, close };
}

function createSockets(parts: Parts, refusals: Refusals): WebSockets {
  const { options, pipeline, timings, lifecycle, overload, http } = parts;
  return createWebSockets({
    pipeline,
    timings,
    limits: { ...defaultWebSocketLimits, ...options.webSocketLimits },
    lifecycle,
    overload,
    addressOf: http.addressOf,
    places: http.places,
    refuse: refusals.socket,
    mayConnect: createOriginCheck(options.corsOrigins, options.trustProxy ?? 0),
    maxPayloadBytes: options.maxBodyBytes,
  });
}

function createNode(parts: Parts, refusals: Refusals, sockets: WebSockets): NodeServer {
  const { options, timings, overload, http } = parts;
  const { log, maxBodyBytes } = options;
  const cutBody = onceASecond((count: number) => log.warn('bodies_cut', { count }));
  const bodies = { maxBytes: maxBodyBytes, unfinished: new UnfinishedBodies(http.addressOf, cutBody) };
  return createNodeServer(
    {
      overload,
      refusals,
      mayBeCalled: hostCheck(options.hosts),
      isExempt: (request) =>
        asksForLife(request) ||
        asksForReadiness(request) ||
        asksForMetrics(request, options) ||
        isPlainPreflight(request),
      answer: (request, response) => answerNode(request, response, parts),
      receive: (request, arriving) => receiveBody(request, bodies, arriving),
      upgrade: (request, socket, head) => sockets.upgrade(request, socket, head),
      sentAhead: (count) => log.warn('requests_sent_ahead', { count }),
      unread: (count) => log.warn('answers_unread', { count }),
      failed: (reason) => log.error('request_failed', { reason }),
    },
    timings,
  );
}

/** Null when it has written the answer itself. */
function answerNode(
  request: IncomingMessage,
  response: ServerResponse,
  { preflights, readiness, answerHeaders, lifecycle, http, yoga }: Parts,
): MaybePromise<Response | HeldEvents | null> {
  if (asksForLife(request)) return (answerLife(request, response, answerHeaders), null);
  if (asksForReadiness(request)) return answerReadiness(request, response, readiness, answerHeaders);
  if (isPreflight(request)) return (preflights.answerNode(request, response), null);
  const head = nodeHead(request);
  return !lifecycle.draining && isOperation(head)
    ? answerOperation(request, response, head, http)
    : yoga.handleNodeRequestAndResponse(request, response, { caller: nodeCaller(request, http) });
}

/** The same for a request that came without a port. */
async function answerFetched(request: Request, parts: Parts): Promise<Response> {
  const { preflights, answerHeaders, lifecycle, http, yoga } = parts;
  const preflight = answerFetchedPreflight(request, preflights, answerHeaders);
  if (preflight !== null) return preflight;
  const head = fetchHead(request);
  return !lifecycle.draining && isOperation(head)
    ? answerFetch(request, head, http)
    : yoga.fetch(request, { caller: fetchCaller(request, http.isPreflighted) });
}
