import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressReader } from './address.js';
import type { PlainAnswer } from './answers.js';
import { GONE, Stay } from '../../values/departure.js';
import type { Places } from '../../values/places.js';
import { NO_PLACE } from './places-per-address.js';
import { errorBody } from '../operation/coded-errors.js';
import { isPromise } from '../../values/maybe-promise.js';
import type { EventAnswer } from '../events/frames.js';
import { httpCaller, type OperationCaller } from '../operation/caller.js';
import { bodyOf } from './node-bodies.js';
import { busyRefusalType, objectionToGet, type RequestHead } from './negotiation.js';
import { acceptedBy, compress, SMALLEST_COMPRESSED, type Packed } from './encoding.js';
import { nodeHeader, RESULT_TYPE, type AnswerHeaders, type Preflighted } from './headers.js';
import type { HttpOperations } from './operations.js';
import { turnEnd } from './turn-end.js';

/** How operations over HTTP are answered, whether they came through a port or not. */
export interface HttpOptions {
  readonly operations: HttpOperations;
  readonly answerHeaders: AnswerHeaders;
  readonly isPreflighted: Preflighted;
  readonly maxBodyBytes: number;
  readonly addressOf: AddressReader;
  /** For answers that are streams. */
  readonly places: Places;
}

/** A stream, and what gives its place back when its answer is over, however that came. */
export interface HeldEvents extends EventAnswer {
  readonly giveBack: () => void;
}

/** Who sent a request. */
export function nodeCaller(
  request: IncomingMessage,
  { isPreflighted, addressOf }: Pick<HttpOptions, 'isPreflighted' | 'addressOf'>,
): OperationCaller {
  const header = nodeHeader(request);
  const objection = request.method === 'GET' ? objectionToGet(header('accept'), isPreflighted(header)) : undefined;
  return httpCaller(header, departureOf(request.socket), objection, addressOf(request));
}

/** Reads and answers one operation. Resolves with the answer when it is a stream, else writes it. */
export async function answerOperation(
  request: IncomingMessage,
  response: ServerResponse,
  head: RequestHead,
  options: HttpOptions,
): Promise<HeldEvents | null> {
  const { operations, answerHeaders, places } = options;
  const caller = nodeCaller(request, options);
  const { signal, requestId } = caller;
  if (signal.aborted) return null;
  const text = bodyOf(request);
  const body = head.method === 'POST' && text === undefined ? '' : text;
  const run = operations.run({ head, body, caller });
  const given = operations.write(isPromise(run) ? await run : run, head);
  const common = answerHeaders(requestId, request.headers.origin);
  if ('frames' in given) {
    // What came with it in one piece has been parsed by then: a stream must have nothing behind it.
    await turnEnd();
    const giveBack = places.take(caller.address ?? '');
    if (giveBack !== null) return { ...given, headers: { ...common, ...given.headers }, giveBack };
    void given.frames.cancel();
    const body = errorBody('SUBSCRIPTION_LIMIT', NO_PLACE, requestId);
    write(response, { status: 429, headers: RESULT_TYPE[busyRefusalType(head.accept)], body }, common, null);
    return null;
  }
  const packed = given.body.length > SMALLEST_COMPRESSED ? await compress(given.body, acceptedBy(request)) : null;
  // Whoever was compressed for has waited for a turn already.
  if (packed === null) await turnEnd();
  if (!signal.aborted) write(response, given, common, packed);
  return null;
}

const departures = new WeakMap<Socket, Stay>();

/**
 * Ends when the connection closes. One serves all requests of a connection, since a caller leaves by closing it; and a signal
 * of the platform's costs several times as much, with each look at it.
 */
function departureOf(socket: Socket): Stay {
  let stay = departures.get(socket);
  if (stay === undefined) {
    const made = (stay = new Stay(undefined));
    departures.set(socket, made);
    if (socket.destroyed) made.depart(GONE);
    else socket.once('close', () => made.depart(GONE));
  }
  return stay;
}

/** From so many bytes on a body is handed over apart from its headers: Node would copy it to join them. */
const LARGE_BODY = 4_096;

/** Headers go out as a list, which Node takes as it is: with an object it takes a tenth longer for the whole exchange. */
function write(
  response: ServerResponse,
  { status, headers, body }: PlainAnswer,
  common: Readonly<Record<string, string>>,
  packed: Packed | null,
): void {
  const bytes = packed === null ? Buffer.byteLength(body) : packed.bytes.length;
  // One without a body would tell of the body that it is not sent with.
  const list = status === 304 ? [] : ['content-length', String(bytes)];
  if (packed !== null) list.push('content-encoding', packed.encoding);
  for (const name in common) if (!(name in headers)) list.push(name, common[name] ?? '');
  for (const name in headers) list.push(name, headers[name] ?? '');
  response.writeHead(status, list);
  if (bytes >= LARGE_BODY) {
    response.cork();
    response.flushHeaders();
  }
  if (packed !== null) return void response.end(packed.bytes);
  // ASCII is copied as it is; as UTF-8 it would be measured and encoded character by character.
  response.end(body, bytes === body.length ? 'latin1' : 'utf8');
}
