import { spawn } from 'node:child_process';
import type { Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'node:net';

/** Further sockets that take connections from the line of one that listens. */
export interface Copies {
  /** Accepts no more; resolves when the connections that came this way have ended. */
  close(): Promise<void>;
}

/** A socket that is sent to another process and back comes as another descriptor of the same one. As text, like the health worker. */
const SEND_BACK = `
process.on('message', (times, handle) => {
  for (let sent = 0; sent < times; sent += 1) process.send(sent, handle);
});`;

/** A child needs some 50 ms; one that has not ended its work by then does not do it. */
const PATIENCE_MS = 10_000;

/** What Node calls a socket within; it can be sent to a child, and listened on. */
interface Handle {
  close(): void;
}

/**
 * Of each descriptor that listens Node accepts one connection in a turn of its event loop, however many stand in line: with turns
 * of 5 ms that is 200 a second, and whoever asks whether this process lives stands behind a whole crowd. With further descriptors
 * of the same socket each of them accepts one. Only another process can make them, so a child is started, and ends at once.
 * Without it all works, but slower in a crowd; \`failed\` hears the reason.
 */
export function listenAgain(
  server: HttpServer,
  times: number,
  backlog: number,
  failed: (reason: string) => void,
): Copies {
  const listening: Server[] = [];
  let closed = false;
  // It is given nothing of the settings, which hold secrets.
  const child = spawn(process.execPath, ['-e', SEND_BACK], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: {} });
  const patience = setTimeout(() => end(`not done within ${PATIENCE_MS / 1_000} s`), PATIENCE_MS).unref();
  const end = (reason?: string): void => {
    clearTimeout(patience);
    // What is still on its way is heard, and closed.
    child.removeAllListeners('exit').removeAllListeners('error');
    child.on('error', () => {}).kill('SIGKILL');
    if (reason !== undefined && !closed) failed(reason);
  };
  // It stays until it is ended here, or its channel closes with this process.
  child.on('error', ({ code }: NodeJS.ErrnoException) => end(code ?? 'unknown'));
  child.on('exit', (code, signal) => end(`ended with ${signal ?? code}`));
  child.on('message', (_sent, handle) => {
    if (closed) return (handle as unknown as Handle).close();
    listening.push(listenOn(handle as unknown as Handle, backlog, (socket) => void server.emit('connection', socket)));
    if (listening.length === times) end();
  });
  child.send(times, (server as unknown as { readonly _handle: never })._handle, ignore);
  child.unref();
  child.channel?.unref();
  return {
    async close() {
      closed = true;
      end();
      await Promise.all(listening.map((one) => new Promise<void>((resolve) => void one.close(() => resolve()))));
    },
  };
}

const ignore = (): void => {};

/** With the options of an HTTP server, so that a connection is the same whichever way it came. */
function listenOn(handle: Handle, backlog: number, accepted: (socket: Socket) => void): Server {
  const server = new Server({ allowHalfOpen: true, noDelay: true }, accepted);
  // One socket less accepts: the others go on.
  server.on('error', ignore);
  server.listen(handle, backlog);
  return server;
}
