import { Socket } from 'node:net';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { WebSocketOptions } from './options.js';

/** Of the protocol of WebSockets, the common one first. */
const VERSIONS: readonly string[] = ['13', '8'];
const OUR_VERSIONS = { 'sec-websocket-version': VERSIONS.join(', ') };

/** What makes WebSockets of requests; one that asks wrongly is refused as every other request, where the library has HTML. */
export function createHandshakes({ maxPayloadBytes, refuse }: WebSocketOptions): WebSocketServer {
  const handshakes = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    handleProtocols,
    clientTracking: false,
  });
  handshakes.on('wsClientError', ({ message }, socket, { method, headers }) => {
    if (!(socket instanceof Socket)) return void socket.destroy();
    const versions = VERSIONS.includes(headers['sec-websocket-version'] ?? '') ? {} : OUR_VERSIONS;
    refuse(socket, method === 'GET' ? 400 : 405, 'BAD_USER_INPUT', `${message}.`, versions);
  });
  return handshakes;
}
