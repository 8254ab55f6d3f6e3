import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the owner's address is kept, one change at a time among processes. */
export interface OwnerPlace {
  read(): string | undefined;
  /** Puts `next` when `seen` is still there; false when somebody else was faster. */
  swap(seen: string | undefined, next: string | undefined): boolean;
}

/**
 * Makes this process the only one on a folder; resolves with what gives it up. Throws one line when another one lives. An
 * owner shows that it lives by listening on a socket, which ends with its process, however that ends: nothing is left to
 * wait for after a crash, and a process id that came around again proves nothing.
 */
export async function ownFolder(folder: string, place: OwnerPlace): Promise<() => void> {
  const address = addressIn(folder);
  // Before the address can be read, so that whoever reads it finds somebody there.
  const server = await listen(address);
  const leave = (): void => {
    place.swap(address, undefined);
    server.close();
    rmSync(address, { force: true });
  };
  for (;;) {
    const seen = place.read();
    if (seen !== undefined && (await answers(seen))) {
      leave();
      throw new Error(`STATE_DIR: another Headgate process works with ${folder}; give each its own, or use REDIS_URL`);
    }
    if (place.swap(seen, address)) {
      if (seen !== undefined) rmSync(seen, { force: true });
      return leave;
    }
  }
}

/** Paths of sockets may have some 100 bytes. */
const LONGEST_PATH = 100;

function addressIn(folder: string): string {
  const name = `owner-${randomBytes(6).toString('hex')}.sock`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\headgate-${name}`;
  const path = join(folder, name);
  return Buffer.byteLength(path) <= LONGEST_PATH ? path : join(tmpdir(), `headgate-${name}`);
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy()).unref();
    server.once('error', () => reject(new Error('STATE_DIR: its folder takes no sockets')));
    server.listen(address, () => resolve(server));
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
