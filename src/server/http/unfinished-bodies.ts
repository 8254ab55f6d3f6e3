import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressReader } from './address.js';

/**
 * What bodies that have not come whole may take, all together. Almost all come in one piece with their head and are never counted; four
 * thousand that each lacked some bytes took a gigabyte.
 */
const MOST_BYTES = 67_108_864;

/** A body that is coming. */
interface Unfinished {
  readonly socket: Socket;
  readonly address: string;
  bytes: number;
}

export interface Hold {
  grow(bytes: number): void;
  /** May be called again. */
  end(): void;
}

/** Bounds the bytes of bodies that are coming: beyond that the oldest goes of the address that holds most. */
export class UnfinishedBodies {
  /** Oldest first. */
  readonly #all = new Set<Unfinished>();
  #bytes = 0;

  /** `cut` is told of each connection that was ended for it. */
  constructor(
    private readonly addressOf: AddressReader,
    private readonly cut: () => void,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  begin(request: IncomingMessage): Hold {
    const one: Unfinished = { socket: request.socket, address: this.addressOf(request), bytes: 0 };
    this.#all.add(one);
    return {
      grow: (bytes) => {
        if (!this.#all.has(one)) return;
        one.bytes += bytes;
        this.#bytes += bytes;
        while (this.#bytes > this.mostBytes) this.#cutOne();
      },
      end: () => this.#forget(one),
    };
  }

  #forget(one: Unfinished): void {
    if (this.#all.delete(one)) this.#bytes -= one.bytes;
  }

  #cutOne(): void {
    const heldBy = new Map<string, number>();
    for (const { address, bytes } of this.#all) heldBy.set(address, (heldBy.get(address) ?? 0) + bytes);
    const most = Math.max(...heldBy.values());
    for (const one of this.#all) {
      if (one.bytes === 0 || heldBy.get(one.address) !== most) continue;
      this.#forget(one);
      this.cut();
      one.socket.destroy();
      return;
    }
  }
}
