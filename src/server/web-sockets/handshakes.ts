import { Socket } from 'node:net';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { WebSocketOptions } from './options.js';

/** Of the protocol of WebSockets, the common one first. */
const VERSIONS: readonly string[] = ['13', '8'];
const OUR_VERSIONS = { 'sec-websocket-version': VERSIONS.join(', ') };

/**
 * What an unfinished message is kept in, an object for each. Browsers and `ws` send a message in one frame, or in frames of tens
 * of kilobytes; libraries that write as they go have buffers of some kilobytes. Reads of a socket are as long as a packet.
 */
const FRAGMENT_BYTES = 1_024;
const READ_BYTES = 256;
/** For a small limit on messages. */
const LEAST_PIECES = 64;

const piecesOf = (bytes: number, pieceBytes: number): number => Math.max(LEAST_PIECES, Math.ceil(bytes / pieceBytes));

/** What makes WebSockets of requests; one that asks wrongly is refused as every other request, where the library has HTML. */
export function createHandshakes({ maxPayloadBytes, refuse }: WebSocketOptions): WebSocketServer {
  const handshakes = new WebSocketServer({
    noServer: true,
    maxPayload: maxPayloadBytes,
    maxFragments: piecesOf(maxPayloadBytes, FRAGMENT_BYTES),
    maxBufferedChunks: piecesOf(maxPayloadBytes, READ_BYTES),
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
