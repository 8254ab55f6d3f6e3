import type { IncomingMessage } from 'node:http';
import { Pieces } from '../../values/pieces.js';
import { isOperation } from './negotiation.js';
import { nodeHead } from './node-head.js';
import { bodyText, type NOT_UTF8 } from '../operation/params.js';
import type { UnfinishedBodies } from './unfinished-bodies.js';

/** A body as text, or NOT_UTF8; null when it is larger than allowed. */
export type BodyText = string | typeof NOT_UTF8 | null;

/** Kept with its request until that is answered. */
const text = Symbol('text');
type Receiving = IncomingMessage & { [text]?: BodyText };

export interface BodyOptions {
  readonly maxBytes: number;
  readonly unfinished: UnfinishedBodies;
}

/** What becomes of a request. */
export interface Arriving {
  /** As much of it has come as its answer needs. */
  readonly ready: () => void;
  /** Asked when its body has still to come: whether it is refused without it. */
  readonly isRefused: () => boolean;
}

/** The body of an operation that has come whole; undefined of what brings none. */
export function bodyOf(request: Receiving): BodyText | undefined {
  return request[text];
}

/**
 * Calls `ready` once the body of an operation has come whole, and never when its caller leaves before: until then it has no
 * place among the operations in flight, which anybody could take with the first byte of a body. Of what is no operation
 * nobody reads the body: that is dropped, and not waited for. Node keeps what nobody reads as it came, and a hundred bytes in as
 * many pieces take fifty kilobytes; a stream is open for hours.
 */
export function receiveBody(request: Receiving, options: BodyOptions, arriving: Arriving): void {
  if (!hasBody(request)) return arriving.ready();
  if (request.method === 'POST' && isOperation(nodeHead(request))) return receive(request, options, arriving);
  arriving.ready();
  if (request.readableFlowing === null) request.resume();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
}

function receive(request: Receiving, { maxBytes, unfinished }: BodyOptions, { ready, isRefused }: Arriving): void {
  const done = (body: BodyText): void => {
    request[text] = body;
    ready();
  };
  const length = Number(request.headers['content-length']);
  if (length > maxBytes) {
    request.resume();
    return done(null);
  }
  const wait = (): void => {
    if (isRefused()) request.resume();
    else listen(request, maxBytes, unfinished, done);
  };
  // Most bodies come in one piece with their head, and all of their bytes are there by the next tick: that spares four listeners.
  // Later would be too late for the gate, which counts who stands in line before it lets the next one be parsed.
  if (length > 0) process.nextTick(() => (request.readableLength === length ? done(atHand(request)) : wait()));
  else wait();
}

/** The text of a body whose bytes have all come. */
function atHand(request: IncomingMessage): BodyText {
  const bytes: unknown = request.read();
  // Node has still to hear that this was the last of it: without another look the request would never end.
  setImmediate(lookOnce, request);
  return bytes instanceof Buffer ? bodyText(bytes) : '';
}

const lookOnce = (request: IncomingMessage): void => void request.read(0);

function listen(
  request: IncomingMessage,
  maxBytes: number,
  unfinished: UnfinishedBodies,
  done: (text: BodyText) => void,
): void {
  let body: Pieces | undefined = new Pieces(maxBytes);
  const hold = unfinished.begin(request);
  const end = (text: BodyText): void => {
    if (body === undefined) return;
    body = undefined;
    hold.end();
    done(text);
  };
  request.on('data', (piece: Buffer) => {
    if (body === undefined) return;
    if (body.take(piece)) hold.grow(piece.length);
    else end(null);
  });
  request.on('end', () => {
    const whole = body?.whole();
    end(whole ? bodyText(whole) : '');
  });
  request.on('error', () => {});
  request.on('close', () => hold.end());
}
