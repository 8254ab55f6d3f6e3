import type { Frames, OpenStreams } from './frames.js';

const SLICE = 200;

/** Keeps the list of open streams. */
export function createOpenStreams(): OpenStreams {
  const open = new Set<Pick<Frames, 'cut'>>();
  return {
    add(stream) {
      open.add(stream);
      return () => void open.delete(stream);
    },
    async cutAll() {
      let done = 0;
      for (const stream of open) {
        stream.cut();
        done += 1;
        if (done % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/**
 * Frames as the body of an answer. The reader's pace rules: no result is taken before the last one was read. `gone` aborts
 * when the caller leaves: what carries the body may notice only at the next event, which may never come.
 */
export function toEventStream(frames: Frames, gone: AbortSignal): ReadableStream<Uint8Array> {
  let begun = false;
  return new ReadableStream<Uint8Array>(
    {
      start() {
        if (gone.aborted) frames.cut();
        else gone.addEventListener('abort', () => frames.cut(), { once: true });
      },
      pull(controller) {
        if (begun) return frames.advance();
        begun = true;
        frames.begin({
          // Copies, since frames are shared and chunks are the reader's own. Whoever reads on pulls again.
          frame: (bytes) => controller.enqueue(new Uint8Array(bytes)),
          ping: (bytes) => controller.enqueue(new Uint8Array(bytes)),
          isFree: () => controller.desiredSize !== null && controller.desiredSize >= 0,
          end: (bytes) => {
            controller.enqueue(new Uint8Array(bytes));
            controller.close();
          },
          fail: () => controller.error(new Error('the stream was cut')),
        });
      },
      cancel: () => frames.cancel(),
    },
    { highWaterMark: 0 },
  );
}
