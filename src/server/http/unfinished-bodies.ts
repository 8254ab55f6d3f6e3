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

/** What comes from one address. */
interface Sender {
  bytes: number;
  /** Oldest first. */
  readonly all: Set<Unfinished>;
}

/** Bounds the bytes of bodies that are coming: beyond that the oldest goes of the address that holds most. */
export class UnfinishedBodies {
  readonly #senders = new Map<string, Sender>();
  #bytes = 0;

  /** `cut` is told of each connection that was ended for it. */
  constructor(
    private readonly addressOf: AddressReader,
    private readonly cut: () => void,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  begin(request: IncomingMessage): Hold {
    const one: Unfinished = { socket: request.socket, address: this.addressOf(request), bytes: 0 };
    return {
      grow: (bytes) => {
        this.#grow(one, bytes);
        while (this.#bytes > this.mostBytes) this.#cutOne();
      },
      end: () => this.#forget(one),
    };
  }

  #grow(one: Unfinished, bytes: number): void {
    if (one.socket.destroyed) return;
    let sender = this.#senders.get(one.address);
    if (sender === undefined) this.#senders.set(one.address, (sender = { bytes: 0, all: new Set() }));
    sender.all.add(one);
    for (const holder of [one, sender]) holder.bytes += bytes;
    this.#bytes += bytes;
  }

  #forget(one: Unfinished): void {
    const sender = this.#senders.get(one.address);
    if (sender?.all.delete(one) !== true) return;
    sender.bytes -= one.bytes;
    this.#bytes -= one.bytes;
    if (sender.all.size === 0) this.#senders.delete(one.address);
  }

  #cutOne(): void {
    let most: Sender | undefined;
    for (const sender of this.#senders.values()) if (most === undefined || sender.bytes > most.bytes) most = sender;
    for (const one of most?.all ?? []) {
      this.#forget(one);
      this.cut();
      one.socket.destroy();
      return;
    }
  }
}
