import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pieces } from '../values/pieces.js';
import { Faults, LATE_MS, LIMIT_SECONDS, type FaultName, type Subject } from './faults.js';
import { findRoute, Refusal, type Incoming, type Reply, type Route } from './routes.js';

const FORM = 'application/x-www-form-urlencoded';
const MAX_BODY_BYTES = 1024 * 1024;
/** Longer than callers keep idle sockets, so that none of them writes to one that is just being closed. */
const KEEP_ALIVE_MS = 75_000;

/** What one embedded service answers. */
export interface Service {
  readonly routes: readonly Route[];
  /** Runs before routing, so that a stranger cannot even tell which paths exist; refuses by throwing a Refusal. */
  guard?(request: Pick<Incoming, 'method' | 'path' | 'query' | 'headers'>): void;
  /** Puts a refusal (a handler's, or one of the server's own: 400, 404, 405, 413, 415, 500) into the service's shape. */
  refuse(refusal: Refusal): Reply;
  /** What a request is about, before it is carried out: an object whose name begins with `blink-` and the like asks for that fault. */
  subjectOf?(request: Incoming): Subject | undefined;
  /** How it says that there is no such object, for a `blink`; `NOT_FOUND` when not given. */
  readonly missing?: () => Refusal;
  /** Takes bodies that are forms too: handlers read them from `text`. */
  readonly forms?: boolean;
  /** Cap on a request body; 1 MiB when not given. */
  readonly maxBodyBytes?: number;
}

export interface RunningService {
  /** Scheme, host and port, without a trailing slash. */
  readonly url: string;
  /** Drops every connection and frees the port; a second call is harmless. */
  close(): Promise<void>;
}

/** A service with the faults that it owes, and how fast time goes for those that take time. */
interface Running {
  readonly service: Service;
  readonly faults: Faults;
  readonly speed: number;
}

/** Runs a service on a free port of 127.0.0.1. Every service can fail on demand (`faults.ts`); `speed` shortens those faults. */
export async function serve(service: Service, speed = 1): Promise<RunningService> {
  const running: Running = { service, faults: new Faults(), speed };
  const server = createServer((incoming, response) => {
    void respond(running, incoming, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function respond(running: Running, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  let reply: Reply | 'drop';
  try {
    reply = await answer(running, incoming);
  } catch (error) {
    if (incoming.destroyed && !incoming.complete) return;
    reply = running.service.refuse(asRefusal(error));
  }
  if (reply === 'drop') {
    response.destroy();
    return;
  }
  // What is left of a body is read and thrown away: a client that is still sending gets to read the answer.
  incoming.resume();
  send(response, reply);
}

async function answer(running: Running, incoming: IncomingMessage): Promise<Reply | 'drop'> {
  const { service } = running;
  const method = incoming.method ?? 'GET';
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const head = {
    method,
    path,
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers: incoming.headers,
  };
  service.guard?.(head);
  const match = findRoute(service.routes, method, path);
  if (!match.route) {
    if (match.allowed.length === 0) throw notFound();
    throw new Refusal(405, 'METHOD_NOT_ALLOWED', `Only ${match.allowed.join(', ')} can be used here`, {
      allow: match.allowed.join(', '),
    });
  }
  const text = await readText(incoming, service.maxBodyBytes ?? MAX_BODY_BYTES);
  const type = incoming.headers['content-type'];
  const isForm = service.forms === true && type?.startsWith(FORM) === true;
  const body = text === '' || isForm ? undefined : parseBody(text, type);
  const request = { ...head, params: match.params, text, body };
  const fault = running.faults.byHeader(request) ?? running.faults.byName(service.subjectOf?.(request));
  return withFault(fault, running, async () => match.route.handle(request));
}

/** Carries a request out, or not, as the fault wants it. */
async function withFault(
  fault: FaultName | undefined,
  { service, speed }: Running,
  handle: () => Promise<Reply>,
): Promise<Reply | 'drop'> {
  if (fault === 'blink') throw service.missing?.() ?? notFound();
  if (fault === 'limit')
    throw new Refusal(429, 'TOO_MANY_REQUESTS', 'Slow down', { 'retry-after': String(LIMIT_SECONDS) });
  if (fault === 'late') await sleep(LATE_MS / speed);
  const reply = await handle();
  return fault === 'drop' || reply.lost === true ? 'drop' : reply;
}

async function readText(incoming: IncomingMessage, cap: number): Promise<string> {
  const tooLarge = () => new Refusal(413, 'PAYLOAD_TOO_LARGE', `A body may have ${cap} bytes at most`);
  if (Number(incoming.headers['content-length'] ?? 0) > cap) throw tooLarge();
  const body = new Pieces(cap);
  return new Promise((resolve, reject) => {
    incoming.on('data', (piece: Buffer) => {
      if (!body.take(piece)) reject(tooLarge());
    });
    incoming.once('end', () => {
      resolve(body.whole()?.toString('utf8') ?? '');
    });
    incoming.once('error', reject);
  });
}

function parseBody(text: string, contentType = 'application/json'): unknown {
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType)) {
    throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'BAD_REQUEST', 'The body is not valid JSON');
  }
}

function notFound(): Refusal {
  return new Refusal(404, 'NOT_FOUND', 'The specified resource was not found');
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(500, 'INTERNAL_SERVER_ERROR', error instanceof Error ? error.message : 'The handler failed');
}

function send(response: ServerResponse, reply: Reply): void {
  const [type, content] =
    reply.json !== undefined
      ? ['application/json; charset=utf-8', JSON.stringify(reply.json)]
      : reply.text !== undefined
        ? ['text/plain; charset=utf-8', reply.text]
        : [undefined, ''];
  response.writeHead(reply.status ?? 200, {
    ...(type !== undefined && { 'content-type': type }),
    'content-length': Buffer.byteLength(content),
    ...reply.headers,
  });
  // For HEAD node:http keeps the headers and drops the content.
  response.end(content);
}
