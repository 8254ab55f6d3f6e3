import type { Outcome, ResultReader, ResultStream } from '../operation/outcome.js';

/** All answers that are streams and are open, so that a closing server can end them. */
export interface OpenStreams {
  /** Call the answer when the stream is over. */
  add(stream: Pick<Frames, 'cut'>): () => void;
  /** Ends every stream without a `complete` frame, in slices, so that thousands of them do not block the loop. */
  cutAll(): Promise<void>;
}

/** Headers of every stream: whoever compresses or buffers on the way holds results back until a block is full. */
export const unchangedOnTheWay = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' } as const;

/** How the results of a stream are written. */
export interface StreamFormat {
  readonly headers: Readonly<Record<string, string>>;
  toFrame(outcome: Outcome): Uint8Array;
  /** Sent before anything else, at once: some browsers hold the answer back until there is a first byte. */
  readonly first: Uint8Array;
  /** Says nothing; sent now and then so that nobody in between gives the connection up. */
  readonly ping: Uint8Array;
  /** Follows the last result. */
  readonly last: Uint8Array;
}

/** Where frames go. */
export interface FrameSink {
  /** Takes a frame; asks for the next one with `advance` when there is room for it. */
  frame(bytes: Uint8Array): void;
  /** Takes bytes that say nothing. */
  ping(bytes: Uint8Array): void;
  /** Whether what was written has left, so that a ping would say something. */
  isFree(): boolean;
  /** Takes the last frame. */
  end(bytes: Uint8Array): void;
  /** Breaks the stream off: the other side must see that it did not end. */
  fail(): void;
}

/** An answer that is a stream of results, before it is known how it travels. */
export interface EventAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: Frames;
}

/** One stream of results as bytes, before and while it is written. No result is taken before it is asked for. */
export class Frames implements ResultReader {
  #sink: FrameSink | undefined;
  #ping: NodeJS.Timeout | undefined;
  #asked = false;
  #over = false;
  readonly #forget: () => void;

  constructor(
    private readonly results: ResultStream,
    private readonly format: StreamFormat,
    private readonly pingMs: number,
    streams: OpenStreams,
  ) {
    this.#forget = streams.add(this);
  }

  /** How long a reader may take nothing of what waits. */
  get stuckMs(): number {
    return 2 * this.pingMs;
  }

  /** Opens the stream, and pings from now on. */
  begin(sink: FrameSink): void {
    if (this.#over) return sink.fail();
    this.#sink = sink;
    sink.ping(this.format.first);
    this.#ping = setInterval(() => {
      if (sink.isFree()) sink.ping(this.format.ping);
    }, this.pingMs);
  }

  /** Asks for the next result, unless it was asked for already. */
  advance(): void {
    if (this.#over || this.#asked) return;
    this.#asked = true;
    this.results.take(this);
  }

  next(outcome: Outcome): void {
    this.#asked = false;
    if (!this.#over) this.#sink?.frame(this.format.toFrame(outcome));
  }

  over(): void {
    if (this.#over) return;
    this.#stop();
    this.#sink?.end(this.format.last);
  }

  /** Breaks off. */
  cut(): void {
    if (this.#over) return;
    this.#stop();
    this.#sink?.fail();
    void this.results.leave();
  }

  /** Nobody reads any more. Never rejects. */
  async cancel(): Promise<void> {
    if (this.#over) return;
    this.#stop();
    await this.results.leave();
  }

  #stop(): void {
    this.#over = true;
    clearInterval(this.#ping);
    this.#forget();
  }
}
