import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { PlainAnswer } from './answers.js';
import type { PlainPosts } from '../operation/plain-posts.js';
import { isJson, mediaTypeFor, tooLarge, type MediaType } from './negotiation.js';
import { httpRequestState } from '../operation/request-state.js';
import type { HeaderReader } from '../options.js';
import { turnEnd } from './turn-end.js';

export interface PlainNodeOptions {
  readonly posts: PlainPosts;
  /** What every answer to this origin carries. */
  headersFor(requestId: string, origin: string | null): Readonly<Record<string, string>>;
  readonly maxBodyBytes: number;
  /** Answers what is not answered here. */
  others(request: Request): Promise<Response>;
}

/** The media type of the answer when this request can be answered the short way, else null. */
export function plainMediaType({ method, url, headers }: IncomingMessage): MediaType | null {
  if (method !== 'POST' || url !== '/graphql' || !isJson(headers['content-type'] ?? null)) return null;
  return mediaTypeFor(headers.accept ?? null);
}

/** Reads, answers and writes one plain post. Resolves with the answer of others when it asks for a stream. */
export async function answerPlainPost(
  request: IncomingMessage,
  response: ServerResponse,
  mediaType: MediaType,
  options: PlainNodeOptions,
): Promise<Response | null> {
  const state = httpRequestState(nodeHeader(request));
  const signal = departureOf(request.socket);
  const text = await readBody(request, options.maxBodyBytes);
  if (signal.aborted) return null;
  const { posts } = options;
  if (text === null) {
    write(
      response,
      posts.refuse(state, tooLarge(), mediaType),
      options.headersFor(state.requestId, request.headers.origin ?? null),
    );
    return null;
  }
  const answer = await posts.answer({ text, mediaType, state, signal });
  if (answer === null) return options.others(toRequest(request, text, signal));
  await turnEnd();
  if (!signal.aborted) write(response, answer, options.headersFor(state.requestId, request.headers.origin ?? null));
  return null;
}

/** A request as the HTTP server library takes it, whose body was read. */
export function toRequest(
  { method = 'GET', url = '', headers }: IncomingMessage,
  body: string | null,
  signal: AbortSignal,
): Request {
  const all = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as [string, string]],
  );
  return new Request(`http://${headers.host ?? 'localhost'}${url}`, {
    method,
    headers: all.filter(([name]) => name !== 'content-length'),
    body,
    signal,
  });
}

const departures = new WeakMap<Socket, AbortSignal>();
/** One for all: an error of its own for each would cost more than all the rest of a departure. */
const GONE = new DOMException('The caller is gone.', 'AbortError');

/**
 * Aborts when the connection closes. One signal serves all requests of a connection: a caller leaves by closing it, and a
 * signal costs more than most requests do.
 */
export function departureOf(socket: Socket): AbortSignal {
  let signal = departures.get(socket);
  if (signal === undefined) {
    const controller = new AbortController();
    departures.set(socket, (signal = controller.signal));
    if (socket.destroyed) controller.abort(GONE);
    else socket.once('close', () => controller.abort(GONE));
  }
  return signal;
}

/** The whole body as text; null when it is larger than allowed. Never settles when the caller leaves before its end. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
  return new Promise((resolve) => {
    if (Number(request.headers['content-length']) > maxBytes) return resolve(null);
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) return resolve(null);
      if (first === undefined) first = chunk;
      else if (rest === undefined) rest = [first, chunk];
      else rest.push(chunk);
    });
    request.on('end', () => resolve(textOf(rest ? Buffer.concat(rest, size) : first)));
    request.on('error', () => resolve(''));
  });
}

/** Without a byte order mark, which JSON does not know. */
function textOf(body: Buffer | undefined): string {
  if (body === undefined) return '';
  const marked = body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', marked ? 3 : 0);
}

/** From so many bytes on a body is handed over apart from its headers: Node would copy it to join them. */
const LARGE_BODY = 4_096;

/** Headers go out as a list, which Node takes as it is: with an object it takes a tenth longer for the whole exchange. */
function write(
  response: ServerResponse,
  { status, headers, body }: PlainAnswer,
  common: Readonly<Record<string, string>>,
): void {
  const bytes = Buffer.byteLength(body);
  const list = ['content-length', String(bytes)];
  for (const name in common) if (!(name in headers)) list.push(name, common[name] ?? '');
  for (const name in headers) list.push(name, headers[name] ?? '');
  response.writeHead(status, list);
  if (bytes >= LARGE_BODY) {
    response.cork();
    response.flushHeaders();
  }
  // ASCII is copied as it is; as UTF-8 it would be measured and encoded character by character.
  response.end(body, bytes === body.length ? 'latin1' : 'utf8');
}

/** Reads the headers of a request as Node parsed them. */
export function nodeHeader({ headers }: IncomingMessage): HeaderReader {
  return (name) => {
    const value = headers[name];
    return typeof value === 'string' ? value : (value?.join(', ') ?? null);
  };
}
