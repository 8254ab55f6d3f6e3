import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hearNoMore } from './hear-no-more.js';

/**
 * Requests that one connection may have open at a time. Clients and proxies send the next one when they have their answer; a
 * flood that sends hundreds ahead has them all parsed in one turn of the event loop, which no gate can make shorter. The one
 * beyond is not begun, nor is any after it, and the connection ends with the answers to those before.
 */
const MOST_SENT_AHEAD = 32;

/**
 * Counts the requests on each connection; Node itself does not see that one is idle before its first request. `over` is told
 * of each answer that is finished or can no longer be: of those that stand in line on a connection Node does not say so.
 * `full` is told of each connection on which too many were sent ahead.
 */
export function trackConnections(over: (response: ServerResponse) => void, full: () => void) {
  /** Arrays, not sets: garbage that a long-lived set has outgrown still points at all that came after it. */
  const running = new Map<Socket, ServerResponse[]>();
  /** Connections of which nothing more is heard. */
  const ending = new WeakSet<Socket>();
  let closing = false;
  let lingering = false;
  /** Tells the caller not to send its next request on a connection that is about to end. */
  const announceEnd = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close');
  };
  function endAfter(socket: Socket, begun: readonly ServerResponse[]): void {
    if (ending.has(socket)) return;
    full();
    if (!hearNoMore(socket)) return void socket.destroy();
    ending.add(socket);
    const last = begun.at(-1);
    if (last) announceEnd(last);
  }

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
    /** Whether a connection ends with the answers that are under way, since too many requests were sent ahead. */
    isEnding: (socket: Socket): boolean => ending.has(socket),
    /** False when the request is not to be begun: too many were sent ahead. */
    began(socket: Socket, response: ServerResponse): boolean {
      if (socket.destroyed) return false;
      const before = running.get(socket) ?? [];
      if (before.length >= MOST_SENT_AHEAD || ending.has(socket)) {
        endAfter(socket, before);
        return false;
      }
      if (closing) announceEnd(response);
      running.get(socket)?.push(response);
      response.on('close', () => {
        over(response);
        const left = running.get(socket);
        const at = left?.indexOf(response) ?? -1;
        if (at >= 0) left?.splice(at, 1);
        if (left?.length !== 0) return;
        if (ending.has(socket) || (closing && !(lingering && response.shouldKeepAlive))) socket.destroySoon();
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
