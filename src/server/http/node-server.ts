import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../../error-codes.js';
import type { MaybePromise } from '../../values/maybe-promise.js';
import { onceASecond } from '../../values/once-a-second.js';
import { acceptedBy, compress } from './encoding.js';
import { trackConnections, type Connections } from './connections.js';
import { isPlain, takeTarget } from './hosts.js';
import { cutUnread } from './unread-answers.js';
import { continuePlain, wantsWebSocket } from './plain-upgrades.js';
import type { Refusals } from './refusals.js';
import type { Arriving } from './node-bodies.js';
import type { HeldEvents } from './node-requests.js';
import { writeFrames } from '../events/event-writer.js';
import type { Overload } from '../overload/overload.js';
import type { ServerTimings } from '../options.js';

const MAX_HEADER_BYTES = 16_384;
/** How often Node looks for requests that are too slow; its own 30 s would let them live half as long again. */
const CHECK_INTERVAL_MS = 1_000;

export interface NodeServer {
  readonly server: Server;
  /**
   * Ends every connection without a running request, after so many milliseconds, and from then on whenever one becomes so.
   * Until then a request that comes on a connection which was kept is answered, and is the last one there: whoever sent it
   * could not know. Upgraded connections are not concerned.
   */
  closeIdle(lingerMs: number): void;
}

export interface NodeHandlers {
  /** Null when it has written the answer itself. */
  answer(request: IncomingMessage, response: ServerResponse): MaybePromise<Response | HeldEvents | null>;
  /** Whether requests to this `Host` are answered. */
  mayBeCalled(host: string): boolean;
  /** Waits until as much of a request has come as its answer needs. */
  receive(request: IncomingMessage, arriving: Arriving): void;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  failed(reason: string): void;
  /** On so many connections too many requests were sent ahead. */
  sentAhead(connections: number): void;
  /** So many connections were ended whose callers do not read their answers. */
  unread(connections: number): void;
  /** Whether a request asks how this instance is, which has to be answered however much there is to do. */
  isExempt(request: IncomingMessage): boolean;
  /** Decides which of all others are let in. */
  readonly overload: Overload;
  readonly refusals: Refusals;
}

/** The HTTP server: bounded headers and times, coded answers to malformed requests, and no way for one request to crash it. */
export function createNodeServer(handlers: NodeHandlers, timings: ServerTimings): NodeServer {
  const { overload, refusals } = handlers;
  const connections = trackConnections(overload.over, onceASecond(handlers.sentAhead));
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: timings.requestTimeoutMs,
      headersTimeout: timings.requestTimeoutMs,
      keepAliveTimeout: timings.keepAliveMs,
      connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, timings.requestTimeoutMs),
      noDelay: true,
      requireHostHeader: false, // It is looked at with the request line, for an answer in its turn.
    },
    (request, response) => {
      takeTarget(request);
      const isExempt = handlers.isExempt(request);
      if (!connections.began(request.socket, response, isExempt)) return;
      const run = (): void => void answerSafely(handlers, connections, request, response);
      // Whatever its address, method and shape.
      handlers.receive(request, {
        ready: isExempt ? run : () => overload.admit(request, response, run),
        isRefused: () => overload.refuses(request, response),
      });
    },
  );
  overload.guard(server, connections.runningOn);
  cutUnread(server, connections.running, onceASecond(handlers.unread));
  // A server that closes would end idle connections at once; here that is for `closeIdle`.
  server.closeIdleConnections = () => {};
  server.on('connection', connections.opened);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    connections.afterDue(socket, () => refusals.socket(socket, ...clientFault(error.code))),
  );
  server.on('upgrade', (request, socket: Socket, head) => {
    const fail = (): void => void socket.destroy();
    socket.on('error', fail);
    connections.afterDue(socket, () => {
      if (wantsWebSocket(request)) {
        connections.left(socket);
        takeTarget(request);
        if (handlers.mayBeCalled(request.headers.host ?? '')) handlers.upgrade(request, socket, head);
        else refusals.socket(socket, 421, 'FORBIDDEN', 'The sandbox answers to localhost only.');
      } else {
        // In a turn of its own: hundreds in one piece would otherwise all be answered before anybody else's.
        setImmediate(() => {
          if (continuePlain(server, request, socket, head)) socket.off('error', fail);
          else refusals.socket(socket, ...clientFault('HPE_HEADER_OVERFLOW'));
        });
      }
    });
  });
  server.on('checkExpectation', (request, response) => {
    if (connections.began(request.socket, response))
      refusals.answer(response, 417, 'BAD_USER_INPUT', 'What this request expects is not known here.');
  });
  server.on('connect', (_request, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    connections.afterDue(socket, () => refusals.socket(socket, 405, 'BAD_USER_INPUT', 'This is no proxy.'));
  });
  return { server, closeIdle: (lingerMs) => connections.closeIdle(lingerMs) };
}

const ignore = (): void => {};

async function answerSafely(
  handlers: NodeHandlers,
  connections: Connections,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { refusals } = handlers;
  response.on('error', ignore);
  try {
    if (!isPlain(request))
      return refusals.answer(response, 400, 'BAD_USER_INPUT', 'The request line or the host header cannot be used.');
    if (!handlers.mayBeCalled(request.headers.host ?? ''))
      return refusals.answer(
        response,
        421,
        'FORBIDDEN',
        'The sandbox answers to localhost only, and to the name in HOST.',
      );
    const answer = await handlers.answer(request, response);
    if (answer === null) return;
    if ('frames' in answer) sendEvents(answer, response, handlers, connections);
    else await send(answer, request, response);
  } catch (error) {
    if (response.destroyed) return; // The caller is gone, or the stream was cut on purpose.
    handlers.failed(error instanceof Error ? error.name : typeof error);
    if (response.headersSent) response.destroy();
    else refusals.answer(response, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong here.');
  } finally {
    // Whether its caller reads it is no matter of the gate's: places would be held by whoever does not.
    if (response.writableEnded) handlers.overload.over(response);
  }
}

const BEHIND_STREAM =
  'A stream is the last answer on its connection: send what follows it on another one, or after its end.';

function sendEvents(
  { status, headers, frames, giveBack }: HeldEvents,
  response: ServerResponse,
  { overload, refusals }: Pick<NodeHandlers, 'overload' | 'refusals'>,
  connections: Connections,
): void {
  if (!connections.becomesStream(response)) {
    giveBack();
    void frames.cancel();
    return refusals.answer(response, 400, 'BAD_USER_INPUT', BEHIND_STREAM);
  }
  const isOpen = connections.hold(response, () => {
    giveBack();
    void frames.cancel();
  });
  if (!isOpen) return;
  overload.over(response); // Streams have limits of their own.
  response.writeHead(status, headers);
  writeFrames(frames, response);
}

async function send(answer: Response, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (response.destroyed) return answer.body?.cancel();
  response.statusCode = answer.status;
  answer.headers.forEach((value, name) => {
    response.setHeader(name, value);
  });
  if (answer.body === null) return void response.end('');
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const packed = answer.headers.has('content-encoding') ? null : await compress(bytes, acceptedBy(request));
  if (packed !== null) response.setHeader('content-encoding', packed.encoding);
  if (packed !== null || response.hasHeader('content-length'))
    response.setHeader('content-length', (packed?.bytes ?? bytes).length);
  response.end(packed?.bytes ?? bytes);
}

function clientFault(code: string | undefined): readonly [number, ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'BAD_USER_INPUT', 'The request headers are too large.'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'BAD_USER_INPUT', 'The request took too long to arrive.'];
  return [400, 'BAD_USER_INPUT', 'This is not a request that can be read.'];
}
