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
 * The same for what the gate lets in whatever there is to do: a probe or a browser has one of them open. Through 200 connections
 * with 32 each nobody else came in.
 */
const MOST_EXEMPT = 4;

/** What is held for an answer besides its place at the gate: called once, when the answer is out or can no longer be. */
const held = Symbol('held');
/** A stream, behind which nothing is begun: it may last for hours. */
const stream = Symbol('stream');
type Holding = ServerResponse & { [held]?: (() => void) | undefined; [stream]?: true };

export type Connections = ReturnType<typeof trackConnections>;

/**
 * The one list of answers under way on each connection. Whoever holds something for an answer is told from here when it is
 * out or its connection has closed: of answers that stand in line Node says nothing, whatever has become of the socket.
 * `over` is told of each; `full` of each connection on which too many were sent ahead.
 */
export function trackConnections(over: (response: ServerResponse) => void, full: () => void) {
  /** Arrays, not sets: garbage that a long-lived set has outgrown still points at all that came after it. */
  const running = new Map<Socket, Holding[]>();
  /** What follows the answers that are due, on connections whose next request is not one to be begun; nothing comes between. */
  const following = new WeakMap<Socket, () => void>();
  let closing = false;
  let lingering = false;
  /** Tells the caller not to send its next request on a connection that is about to end. */
  const announceEnd = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close');
  };
  function endAfter(socket: Socket, begun: readonly ServerResponse[]): void {
    if (following.has(socket)) return;
    full();
    if (!hearNoMore(socket)) return void socket.destroy();
    following.set(socket, () => socket.destroySoon());
    const last = begun.at(-1);
    if (last) announceEnd(last);
  }
  function tell(response: Holding): void {
    over(response);
    const giveBack = response[held];
    if (giveBack === undefined) return;
    response[held] = undefined;
    giveBack();
  }
  function answered(socket: Socket, response: ServerResponse): void {
    const left = running.get(socket);
    const at = left?.indexOf(response) ?? -1;
    if (at >= 0) left?.splice(at, 1);
    tell(response);
    if (left === undefined || left.some(isDue)) return;
    const follow = following.get(socket);
    // Otherwise it ends with the answer that said so.
    if (follow !== undefined) return void (socket.writable && follow());
    if (left.length === 0 && closing && !(lingering && response.shouldKeepAlive)) socket.destroySoon();
  }

  return {
    running: running as ReadonlyMap<Socket, readonly ServerResponse[]>,
    /** Also called for a connection that begins anew after an upgrade that was ignored. */
    opened(socket: Socket) {
      following.delete(socket);
      if (running.has(socket)) return;
      running.set(socket, []);
      socket.once('close', () => {
        const left = running.get(socket);
        running.delete(socket);
        left?.forEach(tell);
      });
    },
    /** It is a WebSocket now. */
    left(socket: Socket) {
      running.delete(socket);
    },
    /** The answers under way on a connection; undefined when all are about to end, or something else follows them. */
    runningOn: (socket: Socket): readonly ServerResponse[] | undefined =>
      closing || following.has(socket) ? undefined : running.get(socket),
    /** False when the request is not to be begun: too many were sent ahead. */
    began(socket: Socket, response: ServerResponse, isExempt = false): boolean {
      if (socket.destroyed) return false;
      const before = running.get(socket) ?? [];
      const most = isExempt ? MOST_EXEMPT : MOST_SENT_AHEAD;
      if (before.length >= most || following.has(socket) || before.some((one) => one[stream])) {
        endAfter(socket, before);
        return false;
      }
      if (closing) announceEnd(response);
      before.push(response);
      response.on('close', () => answered(socket, response));
      return true;
    },
    /** False when other requests were sent behind this one, and wait for its answer: then it must not be a stream. */
    becomesStream(response: Holding): boolean {
      if (running.get(response.req.socket)?.at(-1) !== response) return false;
      response[stream] = true;
      return true;
    },
    /** Has it called once when the answer is out or can no longer be. False when that is so already: it was called. */
    hold(response: Holding, giveBack: () => void): boolean {
      const isOpen = running.get(response.req.socket)?.includes(response) === true;
      if (isOpen) response[held] = giveBack;
      else giveBack();
      return isOpen;
    },
    /**
     * Does this once the answers that are due are out, and never when the connection ends before. Only the first one counts:
     * what comes behind it was sent to whatever that makes of the connection.
     */
    afterDue(socket: Socket, follow: () => void) {
      if (following.has(socket)) return;
      following.set(socket, follow);
      if (!running.get(socket)?.some(isDue)) return follow();
      hearNoMore(socket);
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

/** One whose request broke off in the middle gets no answer but the refusal of what broke it. */
function isDue(response: ServerResponse): boolean {
  return response.req.complete || response.headersSent;
}
