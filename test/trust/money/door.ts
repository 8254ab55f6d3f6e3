import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to an upstream that can be shut in the middle of everything, as the end of a process shuts it. */
export interface Door {
  readonly url: string;
  /** Cuts every connection at once; new ones are cut, too, until it is opened again. */
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

/** Each instance has doors of its own to the upstreams, so that one can die and the others go on. */
export async function openDoor(to: string): Promise<Door> {
  const target = Number(new URL(to).port);
  const sockets = new Set<Socket>();
  let isOpen = true;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer({ noDelay: true }, (inside) => {
    keep(inside);
    if (!isOpen) return void inside.destroy();
    const outside = connect({ port: target, host: '127.0.0.1', noDelay: true });
    keep(outside);
    inside.pipe(outside).pipe(inside);
    inside.on('close', () => outside.destroy());
    outside.on('close', () => inside.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut() {
      isOpen = false;
      cut();
    },
    open() {
      isOpen = true;
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
