import type { IncomingMessage } from 'node:http';
import { Pieces } from '../../values/pieces.js';
import { isOperation } from './negotiation.js';
import { nodeHead } from './node-head.js';
import { bodyText, type NOT_UTF8 } from '../operation/params.js';

/** A body as text, or NOT_UTF8; null when it is larger than allowed. */
export type BodyText = string | typeof NOT_UTF8 | null;

/** The text of a body whose reading has begun. */
const begun = Symbol('begun');
type Begun = IncomingMessage & { [begun]?: Promise<BodyText> };

/** Reads the whole body. Never settles when the caller leaves before its end. */
export function readBody(request: Begun, maxBytes: number): Promise<BodyText> {
  return (request[begun] ??= read(request, maxBytes));
}

/**
 * For a request that is not answered at once, as it stands in line, or as its answer is not ready: reads a body that will be
 * asked for, and drops any other. Node keeps what nobody reads as it came, and a hundred bytes in as many pieces take fifty
 * kilobytes; a stream is open for hours.
 */
export function receiveBody(request: Begun, maxBytes: number): void {
  if (request[begun] !== undefined || request.readableFlowing !== null || !hasBody(request)) return;
  if (request.method === 'POST' && isOperation(nodeHead(request))) request[begun] = read(request, maxBytes);
  else request.resume();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
}

function read(request: IncomingMessage, maxBytes: number): Promise<BodyText> {
  return new Promise((resolve) => {
    const length = Number(request.headers['content-length']);
    if (length > maxBytes) {
      request.resume();
      return resolve(null);
    }
    // Most bodies come in one piece with their head, and are there whole at the end of this step: that spares three listeners.
    if (length > 0)
      process.nextTick(() => (request.complete ? resolve(atHand(request)) : listen(request, maxBytes, resolve)));
    else listen(request, maxBytes, resolve);
  });
}

/** The text of a body that is not longer than allowed and has come. */
function atHand(request: IncomingMessage): BodyText {
  const bytes: unknown = request.read();
  return bytes instanceof Buffer ? bodyText(bytes) : '';
}

function listen(request: IncomingMessage, maxBytes: number, resolve: (text: BodyText) => void): void {
  let body: Pieces | undefined = new Pieces(maxBytes);
  request.on('data', (piece: Buffer) => {
    if (body === undefined || body.take(piece)) return;
    body = undefined;
    resolve(null);
  });
  request.on('end', () => {
    const whole = body?.whole();
    resolve(whole ? bodyText(whole) : '');
  });
  request.on('error', () => resolve(''));
}
