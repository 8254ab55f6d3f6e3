import type { OpenStreams } from './streams.js';

/** Where the frames of one stream come from. */
export interface FrameSource {
  /** Calls the reader once, at once or later. Never throws. Not called again before that. */
  take(reader: FrameReader): void;
  /** Nobody reads any more. Never rejects. */
  leave(): Promise<void>;
}

/** Whoever asked a source for its next frame. */
export interface FrameReader {
  frame(bytes: Uint8Array): void;
  over(): void;
  broken(): void;
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

/** One stream of server-sent events, before and while it is written. */
export interface EventFrames {
  /** Sends a first byte at once, since some browsers hold the answer back until there is one, and pings from now on. */
  begin(sink: FrameSink): void;
  /** Asks for the next frame, unless it was asked for already. */
  advance(): void;
  /** Breaks off. */
  cut(): void;
  /** Nobody reads any more. Never rejects. */
  cancel(): Promise<void>;
}

/** An answer that is a stream of events, before it is known how it travels. */
export interface EventAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: EventFrames;
}

export interface EventFramesOptions {
  readonly pingMs: number;
  readonly streams: OpenStreams;
}

const PING = Buffer.from(':\n\n');
const COMPLETE = Buffer.from('event: complete\ndata:\n\n');

/** A result as it goes over the wire. */
export function toFrame(json: string): Buffer {
  return Buffer.from(`event: next\ndata: ${json}\n\n`);
}

/** The source's frames, `complete` after the last, a comment as ping. No frame is taken before it is asked for. */
export function createEventFrames(source: FrameSource, options: EventFramesOptions): EventFrames {
  return new Frames(source, options);
}

class Frames implements EventFrames, FrameReader {
  #sink: FrameSink | undefined;
  #ping: NodeJS.Timeout | undefined;
  #asked = false;
  #over = false;
  readonly #forget: () => void;
  readonly #source: FrameSource;
  readonly #pingMs: number;

  constructor(source: FrameSource, { streams, pingMs }: EventFramesOptions) {
    this.#source = source;
    this.#pingMs = pingMs;
    this.#forget = streams.add(this);
  }

  begin(sink: FrameSink): void {
    if (this.#over) return sink.fail();
    this.#sink = sink;
    sink.ping(PING);
    this.#ping = setInterval(() => {
      if (sink.isFree()) sink.ping(PING);
    }, this.#pingMs);
  }

  advance(): void {
    if (this.#over || this.#asked) return;
    this.#asked = true;
    this.#source.take(this);
  }

  frame(bytes: Uint8Array): void {
    this.#asked = false;
    if (!this.#over) this.#sink?.frame(bytes);
  }

  over(): void {
    if (this.#over) return;
    this.#stop();
    this.#sink?.end(COMPLETE);
  }

  broken(): void {
    if (this.#over) return;
    this.#stop();
    this.#sink?.fail();
  }

  cut(): void {
    if (this.#over) return;
    this.broken();
    void this.#source.leave();
  }

  async cancel(): Promise<void> {
    if (this.#over) return;
    this.#stop();
    await this.#source.leave();
  }

  #stop(): void {
    this.#over = true;
    clearInterval(this.#ping);
    this.#forget();
  }
}

const framesOf = new WeakMap<Response, EventFrames>();

/** Remembers what an answer's body is made of, for a server that can write it without the body's streams, which cost more than all the rest. */
export function markFrames(answer: Response, frames: EventFrames): void {
  framesOf.set(answer, frames);
}

/** The frames of an answer that is a stream of events, if its body has not been made another. */
export function framesIn(answer: Response): EventFrames | undefined {
  return framesOf.get(answer);
}
