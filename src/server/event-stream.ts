import type { ExecutionResult } from 'graphql';

/** All SSE answers that are open, so that a closing server can end them. */
export interface OpenStreams {
  add(cut: () => void): () => void;
  readonly size: number;
  /** Ends every stream without a `complete` frame, in slices, so that thousands of them do not block the loop. */
  cutAll(): Promise<void>;
}

const SLICE = 200;
const encoder = new TextEncoder();
const PING = encoder.encode(':\n\n');
const COMPLETE = encoder.encode('event: complete\ndata:\n\n');

/** Keeps the list of open streams. */
export function createOpenStreams(): OpenStreams {
  const cuts = new Set<() => void>();
  return {
    get size() {
      return cuts.size;
    },
    add(cut) {
      cuts.add(cut);
      return () => void cuts.delete(cut);
    },
    async cutAll() {
      let done = 0;
      for (const cut of cuts) {
        cut();
        done += 1;
        if (done % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

export interface EventStreamOptions {
  readonly pingMs: number;
  readonly streams: OpenStreams;
  /** Aborts when the caller leaves. What carries the stream to the socket may notice only at the next event, which may never come. */
  readonly gone: AbortSignal;
  readonly toText: (result: ExecutionResult) => string;
}

/**
 * Results as server-sent events: `next` for each, `complete` after the last, a comment as ping. The reader's pace rules:
 * no result is taken before the last one was read.
 */
export function toEventStream(results: AsyncIterator<ExecutionResult>, { pingMs, streams, gone, toText }: EventStreamOptions): ReadableStream<Uint8Array> {
  let ping: NodeJS.Timeout | undefined;
  let forget = () => {};
  let over = false;
  const stop = () => {
    over = true;
    clearInterval(ping);
    forget();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // A first byte at once, since some browsers hold the answer back until there is one.
        controller.enqueue(PING);
        ping = setInterval(() => {
          if (controller.desiredSize !== null && controller.desiredSize >= 0) controller.enqueue(PING);
        }, pingMs);
        const cut = () => {
          if (over) return;
          stop();
          controller.error(new Error('the stream was cut'));
          void endQuietly(results);
        };
        forget = streams.add(cut);
        if (gone.aborted) cut();
        else gone.addEventListener('abort', cut, { once: true });
      },
      async pull(controller) {
        try {
          const { done, value } = await results.next();
          if (over) return; // Cut while waiting.
          if (!done) return controller.enqueue(encoder.encode(`event: next\ndata: ${toText(value)}\n\n`));
          stop();
          controller.enqueue(COMPLETE);
          controller.close();
        } catch (error) {
          if (over) return;
          stop();
          controller.error(error);
        }
      },
      async cancel() {
        if (over) return;
        stop();
        await endQuietly(results);
      },
    },
    { highWaterMark: 0 },
  );
}

async function endQuietly(results: AsyncIterator<ExecutionResult>): Promise<void> {
  try {
    await results.return?.();
  } catch {
    // Nobody is left to tell.
  }
}

/** One result as a stream that ends after it. */
export async function* once(result: ExecutionResult): AsyncGenerator<ExecutionResult, void> {
  yield result;
}

/** Maps a stream's results. `return` goes straight to the source, even while a result is awaited there. */
export function mapResults<T>(source: AsyncIterable<T>, map: (value: T) => T | Promise<T>, onError: (error: unknown) => T, onEnd: () => void): AsyncGenerator<T, void> {
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
