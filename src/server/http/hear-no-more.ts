import type { Socket } from 'node:net';

/** What Node's parser is told by whoever hears of a request: this one, for an upgrade, ends its work on the bytes that it has. */
const END = 2;

/**
 * Makes no more requests of what came over a connection, and reads no more of it, while answers go out. By `pause` alone all
 * that came in one piece would still be parsed, with an answer object for each of thousands, which are kept until the end.
 * False = this Node has another way to tell of requests, and nothing was done.
 */
export function hearNoMore(socket: Socket): boolean {
  const parser: unknown = Reflect.get(socket, 'parser');
  if (typeof parser !== 'object' || parser === null || !('onIncoming' in parser)) return false;
  if (typeof parser.onIncoming !== 'function') return false;
  parser.onIncoming = () => END;
  socket.pause();
  // Node goes on reading whenever a request's body is asked for, or an answer is out.
  socket.on('resume', () => socket.pause());
  return true;
}
