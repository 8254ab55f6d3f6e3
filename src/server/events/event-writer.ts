import type { ServerResponse } from 'node:http';
import type { Frames, FrameSink } from './frames.js';

/** More than this waits for no reader who takes nothing of it. */
const MOST_WAITING_BYTES = 1_048_576;

/**
 * Writes a stream at the reader's pace: no more than one event waits for a reader. Whoever holds the connection cancels it when the
 * caller leaves. A large one is cut off with its connection once nothing of it has left for a while: the
 * socket's own clock starts anew whenever something has.
 */
export function writeFrames(frames: Frames, response: ServerResponse): void {
  response.setTimeout(frames.stuckMs, () => {
    if (response.writableLength > MOST_WAITING_BYTES) frames.cut();
  });
  response.on('drain', () => frames.advance());
  frames.begin(new ResponseSink(frames, response));
  frames.advance();
}

class ResponseSink implements FrameSink {
  constructor(
    private readonly frames: Frames,
    private readonly response: ServerResponse,
  ) {}

  frame(bytes: Uint8Array): void {
    if (this.response.write(bytes)) this.frames.advance();
  }

  ping(bytes: Uint8Array): void {
    this.response.write(bytes);
  }

  isFree(): boolean {
    return !this.response.writableNeedDrain;
  }

  end(bytes: Uint8Array): void {
    this.response.end(bytes);
  }

  fail(): void {
    this.response.destroy();
  }
}
