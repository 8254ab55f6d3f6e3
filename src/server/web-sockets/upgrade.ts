import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { BUSY } from '../overload/busy-answer.js';
import { nodeHeader } from '../http/headers.js';
import { isGraph, NOTHING } from '../http/negotiation.js';
import { NO_PLACE } from '../http/places-per-address.js';
import type { OpenWebSockets, WebSocketOptions } from './options.js';

export interface WebSockets extends Pick<OpenWebSockets, 'drain' | 'terminate'> {
  /** Refuses the socket, or hands it over. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
}

const PROTOCOL = 'graphql-transport-ws';
const FOREIGN_PAGE =
  "Pages of this origin may not connect to this gateway: it is not one of CORS_ORIGINS, nor the gateway's own (behind a proxy " +
  'TRUST_PROXY and x-forwarded-proto tell its scheme).';

/** The door to the WebSockets. What speaks their protocol is loaded when the first client asks for it: most gateways never need it. */
export function createWebSockets(options: WebSocketOptions): WebSockets {
  const { lifecycle, overload, addressOf, places, refuse, mayConnect } = options;
  let loading: Promise<OpenWebSockets> | undefined;
  let connections: OpenWebSockets | undefined;

  async function load(): Promise<OpenWebSockets> {
    const { createOpenWebSockets } = await import('./open-sockets.js');
    return (connections = createOpenWebSockets(options));
  }

  const refuseStopping = (socket: Socket): void =>
    refuse(socket, 503, 'OVERLOADED', 'This instance is stopping; connect again.');

  /** The instance may have begun to stop while the rest was loaded. */
  async function admitLater(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const loaded = await (loading ??= load());
    if (lifecycle.draining) refuseStopping(socket);
    else loaded.accept(request, socket, head);
  }

  return {
    upgrade(request, socket, head) {
      if (lifecycle.draining) return refuseStopping(socket);
      if (!isGraph(request.url ?? '')) return refuse(socket, 404, 'NOT_FOUND', NOTHING);
      if (!request.headers['sec-websocket-protocol']?.split(',').some((one) => one.trim() === PROTOCOL)) {
        return refuse(socket, 400, 'BAD_USER_INPUT', `Ask for the sub-protocol ${PROTOCOL}.`);
      }
      if (!mayConnect(request)) return refuse(socket, 403, 'FORBIDDEN', FOREIGN_PAGE);
      if (overload.turnAway(() => refuse(socket, 503, 'OVERLOADED', BUSY), nodeHeader(request))) return;
      const giveBack = places.take(addressOf(request));
      if (giveBack === null) return refuse(socket, 429, 'SUBSCRIPTION_LIMIT', NO_PLACE);
      socket.once('close', giveBack);
      if (connections) connections.accept(request, socket, head);
      else admitLater(request, socket, head).catch(() => socket.destroy());
    },
    drain: () => connections?.drain(),
    terminate: () => connections?.terminate(),
  };
}
