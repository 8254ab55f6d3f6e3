import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const LOOK_EVERY_MS = 1_000;
/** Who takes nothing of an answer for so long is gone, or never meant to. */
const UNREAD_MS = 30_000;
/** What answers may take that their callers do not read, all together. */
const MOST_BYTES = 134_217_728;
/** An answer beside its bytes: the request, its socket's part, what Node keeps of both. */
const OBJECT_BYTES = 4_096;

export interface UnreadLimits {
  readonly unreadMs?: number;
  readonly mostBytes?: number;
}

const seen = Symbol('seen');
type Answer = ServerResponse & { [seen]?: true };

/**
 * Cuts connections whose callers do not read their answers: when nothing of one has left for half a minute, and when all that
 * waits becomes too much, those where most does. An answer has no place among the operations in flight once it is made, so
 * this alone bounds what it takes. `cut` is told of each.
 */
export function cutUnread(
  server: Server,
  running: ReadonlyMap<Socket, readonly Answer[]>,
  cut: () => void,
  { unreadMs = UNREAD_MS, mostBytes = MOST_BYTES }: UnreadLimits = {},
): void {
  const end = (socket: Socket): void => {
    cut();
    socket.destroy();
  };

  function look(): void {
    const holding: { readonly socket: Socket; readonly bytes: number }[] = [];
    let total = 0;
    for (const [socket, answers] of running) {
      const [first] = answers;
      if (first === undefined || !first.writableEnded) continue;
      // The socket's own clock begins anew whenever something has left.
      if (first[seen] === undefined) first.setTimeout(unreadMs, () => end(socket));
      first[seen] = true;
      const bytes = answers.reduce((sum, { writableLength }) => sum + writableLength + OBJECT_BYTES, 0);
      holding.push({ socket, bytes });
      total += bytes;
    }
    if (total <= mostBytes) return;
    for (const { socket, bytes } of holding.sort((one, other) => other.bytes - one.bytes)) {
      end(socket);
      total -= bytes;
      if (total <= mostBytes) return;
    }
  }

  const looking = setInterval(look, LOOK_EVERY_MS).unref();
  server.once('close', () => clearInterval(looking));
}
