import { resultWithoutHttp } from '../operation/coded-errors.js';
import { textOf, type Outcome } from '../operation/outcome.js';
import { unchangedOnTheWay, type StreamFormat } from './frames.js';

const DELIMITER = '--graphql';

/** A part and the delimiter after it: clients take a part for whole only once they have seen that. */
const part = (json: string): Buffer => Buffer.from(`\r\ncontent-type: application/json\r\n\r\n${json}\r\n${DELIMITER}`);

const heartbeat = part('{}');

/** An outcome that many streams share is made into bytes once. */
const frames = new WeakMap<Outcome, Buffer>();

/** Results inside `payload`; what broke the stream off stands beside it. */
function messageOf(outcome: Outcome): string {
  if (outcome.isBreak !== true) return `{"payload":${textOf(outcome)}}`;
  return JSON.stringify({ payload: null, errors: resultWithoutHttp(outcome.result).errors });
}

/** Subscriptions as parts of one answer (`subscriptionSpec=1.0`): what Apollo's clients ask for over HTTP by default. */
export const multipartEvents: StreamFormat = {
  headers: {
    ...unchangedOnTheWay,
    'content-type': 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"',
  },
  first: Buffer.concat([Buffer.from(DELIMITER), heartbeat]),
  ping: heartbeat,
  last: Buffer.from('--\r\n'),
  toFrame(outcome) {
    let frame = frames.get(outcome);
    if (frame === undefined) frames.set(outcome, (frame = part(messageOf(outcome))));
    return frame;
  },
};
