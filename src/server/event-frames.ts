import type { ExecutionResult } from 'graphql';
import type { OpenStreams } from './event-stream.js';

/** Where frames go. */
export interface FrameSink {
  write(frame: string): void;
  /** Whether what was written has left, so that a ping would say something. */
  isFree(): boolean;
  end(): void;
  /** Breaks the stream off: the other side must see that it did not end. */
  fail(): void;
}

/** One stream of server-sent events, before and while it is written. */
export interface EventFrames {
  /** Sends a first byte at once, since some browsers hold the answer back until there is one, and pings from now on. */
  begin(sink: FrameSink): void;
  /** Takes and writes the next result; false when the stream is over, the sink ended. Never rejects. */
  advance(): Promise<boolean>;
  /** Breaks off. */
  cut(): void;
  /** Nobody reads any more. Never rejects. */
  cancel(): Promise<void>;
}

export interface EventFramesOptions {
  readonly pingMs: number;
  readonly streams: OpenStreams;
  readonly toText: (result: ExecutionResult) => string;
}

const PING = ':\n\n';
const COMPLETE = 'event: complete\ndata:\n\n';

/** `next` for each result, `complete` after the last, a comment as ping. No result is taken before it is asked for. */
export function createEventFrames(results: AsyncIterator<ExecutionResult>, options: EventFramesOptions): EventFrames {
  return new Frames(results, options);
}

class Frames implements EventFrames {
  private sink: FrameSink | undefined;
  private ping: NodeJS.Timeout | undefined;
  private readonly forget: () => void;
  private over = false;

  constructor(private readonly results: AsyncIterator<ExecutionResult>, private readonly options: EventFramesOptions) {
    this.forget = options.streams.add(() => this.cut());
  }

  begin(sink: FrameSink): void {
    if (this.over) return sink.fail();
    this.sink = sink;
    sink.write(PING);
    this.ping = setInterval(() => {
      if (sink.isFree()) sink.write(PING);
    }, this.options.pingMs);
  }

  async advance(): Promise<boolean> {
    if (this.over) return false;
    try {
      const { done, value } = await this.results.next();
      if (this.isOver()) return false; // Cut while waiting.
      if (!done) {
        this.sink?.write(`event: next\ndata: ${this.options.toText(value)}\n\n`);
        return true;
      }
      this.stop();
      this.sink?.write(COMPLETE);
      this.sink?.end();
    } catch {
      if (this.isOver()) return false;
      this.stop();
      this.sink?.fail();
    }
    return false;
  }

  cut(): void {
    if (this.over) return;
    this.stop();
    this.sink?.fail();
    void this.leave();
  }

  async cancel(): Promise<void> {
    if (this.over) return;
    this.stop();
    await this.leave();
  }

  private isOver(): boolean {
    return this.over;
  }

  private stop(): void {
    this.over = true;
    clearInterval(this.ping);
    this.forget();
  }

  private async leave(): Promise<void> {
    try {
      await this.results.return?.();
    } catch {
      // Nobody is left to tell.
    }
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
