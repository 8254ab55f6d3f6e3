import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Headers that speak of nothing else. */
const ABOUT_UPGRADES: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

/** Whether a client asks for WebSockets. All other upgrades, such as `h2c`, are offers that a server may ignore. */
export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').split(',').some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}

/** Node keeps so many names and values of a request's headers, and drops the rest: such a head cannot be put back. */
const MOST_KEPT = 2_000;

/**
 * Gives a connection back to the server as if nothing but plain HTTP had been asked for. Node hands every request with an
 * `Upgrade` header over as soon as somebody listens for upgrades, before its body is read; so what it has read is put back,
 * without that header, and the connection begins anew. No answer may be due on it. False = it cannot be.
 */
export function continuePlain(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): boolean {
  if (request.rawHeaders.length >= MOST_KEPT) return false;
  socket.unshift(Buffer.concat([plainHead(request), head]));
  server.emit('connection', socket);
  return true;
}

/** The request's head as it came, but for the upgrade. */
function plainHead({ method = 'GET', url = '/', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    const rest = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (!ABOUT_UPGRADES.has(name.toLowerCase())) lines.push(`${name}: ${rest}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function withoutUpgrade(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  return options.filter((option) => !ABOUT_UPGRADES.has(option.toLowerCase())).join(', ');
}
