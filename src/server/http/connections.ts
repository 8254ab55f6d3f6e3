import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Requests that one connection may have open at a time. Clients and proxies send the next one when they have their answer; a
 * flood that sends hundreds ahead has them all parsed in one turn of the event loop, which no gate can make shorter.
 */
const MOST_SENT_AHEAD = 32;

/**
 * Counts the requests on each connection; Node itself does not see that one is idle before its first request. `over` is told
 * of each answer that is finished or can no longer be: of those that stand in line on a connection Node does not say so.
 */
export function trackConnections(over: (response: ServerResponse) => void) {
  /** Arrays, not sets: garbage that a long-lived set has outgrown still points at all that came after it. */
  const running = new Map<Socket, ServerResponse[]>();
  let closing = false;
  let lingering = false;
  /** Tells the caller not to send its next request on a connection that is about to end. */
  const announceEnd = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close');
  };
  return {
    /** Also called for a connection that begins anew after an upgrade that was ignored. */
    opened(socket: Socket) {
      if (running.has(socket)) return;
      running.set(socket, []);
      socket.once('close', () => {
        running.get(socket)?.forEach(over);
        running.delete(socket);
      });
    },
    left(socket: Socket) {
      running.delete(socket);
    },
    /** The answers under way on a connection; undefined when it is none of ours any more, or all are about to end. */
    runningOn: (socket: Socket): readonly ServerResponse[] | undefined => (closing ? undefined : running.get(socket)),
    /** The answers that were begun and are not finished, whether or not all are about to end. */
    dueOn: (socket: Socket): readonly ServerResponse[] => running.get(socket) ?? [],
    /** False when the connection is ended instead: it sent too many requests ahead. */
    began(socket: Socket, response: ServerResponse): boolean {
      if (socket.destroyed || (running.get(socket)?.length ?? 0) >= MOST_SENT_AHEAD) {
        socket.destroy();
        return false;
      }
      if (closing) announceEnd(response);
      running.get(socket)?.push(response);
      response.on('close', () => {
        over(response);
        const left = running.get(socket);
        const at = left?.indexOf(response) ?? -1;
        if (at >= 0) left?.splice(at, 1);
        if (closing && left?.length === 0 && !(lingering && response.shouldKeepAlive)) socket.destroySoon();
      });
      return true;
    },
    closeIdle(lingerMs: number) {
      closing = true;
      for (const responses of running.values()) for (const response of responses) announceEnd(response);
      const endIdle = () => {
        lingering = false;
        for (const [socket, responses] of running) if (responses.length === 0) socket.destroy();
      };
      lingering = lingerMs > 0;
      // Only after one more look at the sockets: what arrived while the process was held up is no less in time.
      if (lingering) setTimeout(() => setImmediate(endIdle), lingerMs).unref();
      else endIdle();
    },
  };
}
