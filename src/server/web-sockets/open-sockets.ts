import type { IncomingMessage } from 'node:http';
import { CloseCode, makeServer } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { markInexactNumbers } from '../../values/exact-numbers.js';
import { resultsOf } from './carried.js';
import { createHandshakes } from './handshakes.js';
import {
  abandon,
  closeWhenIdle,
  createOperations,
  LONGEST_ID,
  type Connection,
  type ConnectionContext,
} from './operations.js';
import type { OpenWebSockets, WebSocketOptions } from './options.js';
import { areBounded, headerReader } from './params.js';
import { GuardedSocket, SocketsBehind } from './socket.js';

/** graphql-ws on `/graphql`: `connectionParams` carry the names of the HTTP headers; all else is the pipeline's. */
export function createOpenWebSockets(options: WebSocketOptions): OpenWebSockets {
  const { timings, limits } = options;
  const handshakes = createHandshakes(options);
  const connections = new Set<Connection>();
  const behind = new SocketsBehind();
  const { begin, end } = createOperations(options);

  const protocol = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: timings.connectionInitMs,
    onConnect: hello,
    onSubscribe: begin,
    execute: resultsOf,
    onComplete: (ctx, id) => end(ctx.extra, id),
  });

  const { messagesPerSecond, operationsPerSocket, bytesPerMessage } = limits;
  const burst = Math.max(messagesPerSecond + operationsPerSocket, options.maxPayloadBytes / bytesPerMessage);
  const socketLimits = { messagesPerSecond, burst, bytesPerMessage, pingMs: timings.webSocketPingMs };

  function open(socket: WebSocket, request: IncomingMessage): void {
    const connection: Connection = { socket, request, running: new Map() };
    connections.add(connection);
    let receive: ((data: string) => Promise<void>) | null = null;
    const guarded = new GuardedSocket(socket, socketLimits, behind, (text) => {
      receive?.(markInexactNumbers(text)).catch(() =>
        socket.close(CloseCode.InternalServerError, 'Internal server error'),
      );
      const given = completedId(text);
      if (given !== null) abandon(connection, given);
    });
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => guarded.send(data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (callback) => void (receive = callback),
        // Without what the ping held: nothing that a client sends is sent back.
        onPing: () => guarded.send(PONG),
      },
      connection,
    );
    socket.once('close', (code, reason) => {
      connections.delete(connection);
      for (const id of connection.running.keys()) abandon(connection, id);
      closed(code, reason.toString()).catch(() => {});
    });
  }

  return {
    accept: (request, socket, head) => handshakes.handleUpgrade(request, socket, head, open),
    drain() {
      for (const connection of connections) closeWhenIdle(connection);
    },
    terminate() {
      for (const { socket } of connections) socket.terminate();
    },
  };
}

const PONG = JSON.stringify({ type: 'pong' });

/** Credentials are read once for all operations. */
function hello({ connectionParams, extra }: ConnectionContext): boolean {
  const params = connectionParams ?? {};
  if (!areBounded(params)) return false;
  extra.header = headerReader(extra.request, params);
  return true;
}

/** Longer than any that says that an operation is complete, however it is spelled. */
const LONGEST_COMPLETE = 8 * LONGEST_ID;

/** The id in a client's `complete` message. */
function completedId(text: string): string | null {
  if (text.length > LONGEST_COMPLETE || !text.includes('"complete"')) return null;
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null || !('type' in message) || !('id' in message)) return null;
    return message.type === 'complete' && typeof message.id === 'string' ? message.id : null;
  } catch {
    return null;
  }
}
