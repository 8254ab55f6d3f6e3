import { textOf, type Outcome } from '../operation/outcome.js';
import type { StreamFormat } from './frames.js';

/** An outcome that many streams share is made into bytes once. */
const frames = new WeakMap<Outcome, Buffer>();

/** Server-sent events as graphql-sse has them, in its "distinct connections" mode. */
export const serverSentEvents: StreamFormat = {
  headers: {
    'content-type': 'text/event-stream; charset=utf-8',
    // Whoever compresses on the way holds events back until a block is full.
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  },
  ping: Buffer.from(':\n\n'),
  last: Buffer.from('event: complete\ndata:\n\n'),
  toFrame(outcome) {
    let frame = frames.get(outcome);
    if (frame === undefined) frames.set(outcome, (frame = Buffer.from(`event: next\ndata: ${textOf(outcome)}\n\n`)));
    return frame;
  },
};
