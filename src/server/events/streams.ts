import type { ExecutionResult } from 'graphql';
import type { EventFrames } from './frames.js';

/** All SSE answers that are open, so that a closing server can end them. */
export interface OpenStreams {
  /** Call the answer when the stream is over. */
  add(stream: Pick<EventFrames, 'cut'>): () => void;
  readonly size: number;
  /** Ends every stream without a `complete` frame, in slices, so that thousands of them do not block the loop. */
  cutAll(): Promise<void>;
}

const SLICE = 200;

/** Keeps the list of open streams. */
export function createOpenStreams(): OpenStreams {
  const open = new Set<Pick<EventFrames, 'cut'>>();
  return {
    get size() {
      return open.size;
    },
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
export function toEventStream(frames: EventFrames, gone: AbortSignal): ReadableStream<Uint8Array> {
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

/** One result as a stream that ends after it. */
export async function* once(result: ExecutionResult): AsyncGenerator<ExecutionResult, void> {
  yield result;
}

/** Maps a stream's results. `return` goes straight to the source, even while a result is awaited there. */
export function mapResults<T>(
  source: AsyncIterable<T>,
  map: (value: T) => T | Promise<T>,
  onError: (error: unknown) => T,
  onEnd: () => void,
): AsyncGenerator<T, void> {
  const results = source[Symbol.asyncIterator]();
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    onEnd();
  };
  const finished = (): IteratorResult<T, void> => ({ done: true, value: undefined });
  const mapped: AsyncGenerator<T, void> = {
    async next() {
      if (over) return finished();
      try {
        const { done, value } = await results.next();
        if (!done) return { done: false, value: await map(value) };
        end();
        return finished();
      } catch (error) {
        if (over) return finished();
        const last = onError(error);
        end();
        return { done: false, value: last };
      }
    },
    async return() {
      end();
      await results.return?.();
      return finished();
    },
    async throw(error: unknown) {
      end();
      await results.return?.();
      throw error;
    },
    [Symbol.asyncIterator]: () => mapped,
  };
  return mapped;
}

/** Whether an operation answered with a stream. */
export function isStream(value: unknown): value is AsyncIterable<ExecutionResult> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
