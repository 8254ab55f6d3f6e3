import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bindFault } from '../bind-fault.js';
import { listenAgain, type Copies } from './listening-copies.js';

/** Connections that may wait to be accepted; the usual 511 would make those of a rush beyond that try again after a second. */
const BACKLOG = 4_096;

/** Where a server listens. */
export interface Listening {
  /**
   * Binds the address; the error says in one line what is wrong with it. So many connections are accepted in each turn of the
   * event loop, as soon as that can be.
   */
  listen(host: string, port: number, acceptsPerTurn?: number): Promise<{ url: string; port: number }>;
  /** Accepts no more connections; resolves when those that there are have ended. */
  close(): Promise<void>;
}

/** `failed` hears why only one connection is accepted in each turn. */
export function createListening(server: Server, failed: (reason: string) => void): Listening {
  let copies: Copies | null = null;
  return {
    async listen(host, port, acceptsPerTurn = 1) {
      const bound = await bind(server, host, port);
      if (acceptsPerTurn > 1) copies = tryTo(() => listenAgain(server, acceptsPerTurn - 1, BACKLOG, failed), failed);
      return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, port: bound };
    },
    async close() {
      const ended = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
      await Promise.all([ended, copies?.close()]);
    },
  };
}

/** Where a process may start no other, Node throws. */
function tryTo(listen: () => Copies, failed: (reason: string) => void): Copies | null {
  try {
    return listen();
  } catch (error) {
    failed(error instanceof Error && 'code' in error ? String(error.code) : 'unknown');
    return null;
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new Error(bindFault(error.code, host, port, 'PORT')));
    server.once('error', fail);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', fail);
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
