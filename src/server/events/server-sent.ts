import { textOf, type Outcome } from '../operation/outcome.js';
import { unchangedOnTheWay, type StreamFormat } from './frames.js';

/** An outcome that many streams share is made into bytes once. */
const frames = new WeakMap<Outcome, Buffer>();

const comment = Buffer.from(':\n\n');

/** Server-sent events as graphql-sse has them, in its "distinct connections" mode. */
export const serverSentEvents: StreamFormat = {
  headers: {
    ...unchangedOnTheWay,
    'content-type': 'text/event-stream; charset=utf-8',
  },
  first: comment,
  ping: comment,
  last: Buffer.from('event: complete\ndata:\n\n'),
  toFrame(outcome) {
    let frame = frames.get(outcome);
    if (frame === undefined) frames.set(outcome, (frame = Buffer.from(`event: next\ndata: ${textOf(outcome)}\n\n`)));
    return frame;
  },
};
