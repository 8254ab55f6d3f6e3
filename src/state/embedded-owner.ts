import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the owner's name is kept, one change at a time among processes. */
export interface OwnerPlace {
  read(): string | undefined;
  /** Puts `next` when `seen` is still there; false when somebody else was faster. */
  swap(seen: string | undefined, next: string | undefined): boolean;
}

/**
 * Makes this process the only one on a folder; resolves with what gives it up. Throws one line when another one lives. An
 * owner shows that it lives by listening on a socket, which ends with its process, however that ends: nothing is left to
 * wait for after a crash, and a process id that came around again proves nothing. The socket lies in the folder itself, so that
 * whoever sees the folder finds it there, by whatever path, and whatever else is mounted where they run.
 */
export async function ownFolder(folder: string, place: OwnerPlace): Promise<() => void> {
  const name = `owner-${randomBytes(6).toString('hex')}.sock`;
  const remove = (one: string): void => rmSync(join(folder, one), { force: true });
  // Before the name can be read, so that whoever reads it finds somebody there.
  const server = await listen(folder, name);
  const leave = (): void => {
    place.swap(name, undefined);
    server.close();
    remove(name);
  };
  for (;;) {
    const seen = place.read();
    if (seen !== undefined && (await answers(folder, seen))) {
      leave();
      throw new Error(`STATE_DIR: another Headgate process works with ${folder}; give each its own, or use REDIS_URL`);
    }
    if (place.swap(seen, name)) {
      if (seen !== undefined) remove(seen);
      return leave;
    }
  }
}

/** Paths of sockets may have some 100 bytes. */
const LONGEST_PATH = 100;

/** Uses a socket of the folder by a path that is short enough: where its own is not, over a link that is gone afterwards. */
async function bySocketPath<T>(folder: string, name: string, use: (path: string) => Promise<T>): Promise<T> {
  if (process.platform === 'win32') return use(`\\\\.\\pipe\\headgate-${name}`);
  const path = resolve(folder, name);
  if (Buffer.byteLength(path) <= LONGEST_PATH) return use(path);
  const links = mkdtempSync(join(tmpdir(), 'hg-'));
  try {
    symlinkSync(resolve(folder), join(links, 's'));
    return await use(join(links, 's', name));
  } finally {
    rmSync(links, { recursive: true, force: true });
  }
}

function listen(folder: string, name: string): Promise<Server> {
  return bySocketPath(
    folder,
    name,
    (path) =>
      new Promise((done, reject) => {
        const server = createServer((socket) => socket.destroy()).unref();
        server.once('error', () => reject(new Error('STATE_DIR: its folder takes no sockets')));
        server.listen(path, () => done(server));
      }),
  );
}

function answers(folder: string, name: string): Promise<boolean> {
  return bySocketPath(
    folder,
    name,
    (path) =>
      new Promise((done) => {
        const socket = connect(path);
        socket.once('connect', () => {
          socket.destroy();
          done(true);
        });
        // Nobody listens there any more, or it is gone. Whatever else it is: somebody may be there.
        socket.once('error', ({ code }: NodeJS.ErrnoException) => done(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
      }),
  );
}
