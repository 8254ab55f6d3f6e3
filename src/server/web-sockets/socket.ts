import type { WebSocket } from 'ws';
import { preciseNow } from '../../values/clock.js';

export interface SocketLimits {
  /** Messages, pings among them, that a client may send in the long run. */
  readonly messagesPerSecond: number;
  /** Messages that may come at once besides: after a restart a client asks anew for all its streams in one go. */
  readonly burst: number;
  /** A longer message counts as several. */
  readonly bytesPerMessage: number;
  /** A socket that does not answer one ping until the next is cut. */
  readonly pingMs: number;
}

/** What may wait for a client that does not read; beyond that the connection is cut. */
export const MOST_WAITING_BYTES = 1_048_576;
/** The same for all sockets together: of those that are behind, the one goes for which most waits. */
const MOST_TOGETHER_BYTES = 134_217_728;
/** From so much on a socket counts as behind. */
const BEHIND_BYTES = 65_536;
const POLICY_VIOLATION = 1008;
const CLOSE_MS = 1_000;

/** What bounds the memory of all sockets whose clients do not read. */
export class SocketsBehind {
  readonly #sockets = new Set<Pick<WebSocket, 'bufferedAmount' | 'terminate'>>();

  constructor(private readonly mostBytes = MOST_TOGETHER_BYTES) {}

  /** To be called before more is sent to one. */
  look(socket: Pick<WebSocket, 'bufferedAmount' | 'terminate'>): void {
    if (socket.bufferedAmount < BEHIND_BYTES) return;
    this.#sockets.add(socket);
    let total = 0;
    let most = socket;
    for (const one of this.#sockets) {
      const { bufferedAmount } = one;
      if (bufferedAmount < BEHIND_BYTES) this.#sockets.delete(one);
      total += bufferedAmount;
      if (bufferedAmount > most.bufferedAmount) most = one;
    }
    if (total <= this.mostBytes) return;
    this.#sockets.delete(most);
    most.terminate();
  }

  forget(socket: WebSocket): void {
    this.#sockets.delete(socket);
  }
}

/** One WebSocket whose memory is bounded from its first byte on, whatever the client sends and however little it reads. */
export class GuardedSocket {
  #allowance: number;
  #countedAt = preciseNow();
  #answered = true;
  #closing = false;
  readonly #pings: NodeJS.Timeout;

  constructor(
    readonly socket: WebSocket,
    private readonly limits: SocketLimits,
    private readonly behind: SocketsBehind,
    receive: (text: string) => void,
  ) {
    this.#allowance = limits.burst;
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => {
      if (this.#admits(data.length)) receive(data.toString());
    });
    // The library answers these itself, with what they hold: 125 bytes at the most.
    socket.on('ping', () => void (this.#admits() && this.#hasRoom()));
    socket.on('pong', () => void (this.#answered = this.#admits()));
    this.#pings = setInterval(() => this.#ping(), limits.pingMs);
    socket.once('close', () => {
      clearInterval(this.#pings);
      behind.forget(socket);
    });
  }

  /** Resolves when the message has left, or never will. */
  send(text: string): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      if (socket.readyState === socket.OPEN && this.#hasRoom()) socket.send(text, () => resolve());
      else resolve();
    });
  }

  #ping(): void {
    if (!this.#answered) return this.socket.terminate();
    this.#answered = false;
    this.socket.ping();
  }

  #hasRoom(): boolean {
    this.behind.look(this.socket);
    if (this.socket.bufferedAmount > MOST_WAITING_BYTES) this.socket.terminate();
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Counts one message, and a long one as several; closes the socket when there are too many. */
  #admits(bytes = 0): boolean {
    if (this.#closing) return false;
    const { messagesPerSecond, burst, bytesPerMessage } = this.limits;
    const now = preciseNow();
    const grown = Math.min(burst, this.#allowance + ((now - this.#countedAt) * messagesPerSecond) / 1_000);
    this.#allowance = grown - Math.max(1, bytes / bytesPerMessage);
    this.#countedAt = now;
    if (this.#allowance >= 0) return true;
    this.#closing = true;
    this.socket.close(POLICY_VIOLATION, 'Too many messages');
    // A client that does not take part in the closing is not waited for.
    setTimeout(() => this.socket.terminate(), CLOSE_MS).unref();
    return false;
  }
}
