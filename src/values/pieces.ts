/** Room for the first pieces, so that tiny ones do not have it made anew again and again. */
const LEAST_ROOM = 1_024;

/**
 * The bytes of something that comes in pieces, at most so many. The pieces are copied into one buffer, which doubles when it
 * is full: kept as they come each takes half a kilobyte, even one of a single byte. What comes in one piece is not copied.
 */
export class Pieces {
  #bytes: Buffer | undefined;
  #size = 0;
  #ours = false;

  constructor(private readonly mostBytes: number) {}

  get size(): number {
    return this.#size;
  }

  /** False when there would be too many bytes: this piece is left out then, and what was there is kept. */
  take(piece: Buffer): boolean {
    const size = this.#size + piece.length;
    if (size > this.mostBytes) return false;
    if (this.#bytes === undefined) this.#bytes = piece;
    else {
      const room = this.#ours && size <= this.#bytes.length ? this.#bytes : this.#grow(this.#bytes, size);
      piece.copy(room, this.#size);
    }
    this.#size = size;
    return true;
  }

  /** All of it, undefined when there was no piece; to be asked for once no more will come. */
  whole(): Buffer | undefined {
    return this.#ours ? this.#bytes?.subarray(0, this.#size) : this.#bytes;
  }

  #grow(bytes: Buffer, size: number): Buffer {
    // None of the shared pool: a piece of that would keep all of it.
    const room = Buffer.allocUnsafeSlow(Math.min(this.mostBytes, Math.max(LEAST_ROOM, size * 2)));
    bytes.copy(room, 0, 0, this.#size);
    this.#ours = true;
    return (this.#bytes = room);
  }
}
