import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { monotonicNow } from '../../src/values/clock.js';
import { UpstreamError } from '../../src/errors.js';
import { createHttp, type HttpOptions } from '../../src/upstream/client.js';
import type { Answer, Call, CallFact, CallScope, Http, HttpClient, HttpSettings } from '../../src/upstream/http.js';
import { silentLogger } from '../../src/log.js';

export const settings: HttpSettings = {
  connectTimeoutMs: 5_000,
  upstreamTimeoutMs: 10_000,
  writeTimeoutMs: 10_000,
  breakerWindowMs: 10_000,
  breakerMinRequests: 20,
  breakerSleepMs: 5000,
  upstreamConcurrency: 100,
  upstreamMaxBytes: 1024 * 1024,
};

export interface Harness {
  readonly client: HttpClient;
  readonly http: Http;
  readonly facts: CallFact[];
  close(): Promise<void>;
}

/** A client of one address, whose backoff is zero unless told. */
export function harness(
  baseUrl: string,
  changes: Partial<HttpSettings> = {},
  options: Partial<HttpOptions> = {},
): Harness {
  const facts: CallFact[] = [];
  const http = createHttp(
    { ...settings, ...changes },
    {
      log: silentLogger,
      random: () => 0,
      onFinished: (fact) => facts.push(fact),
      ...options,
    },
  );
  return { client: http.client({ provider: 'acme', baseUrl }), http, facts, close: () => http.close() };
}

export function refusal(kind: UpstreamError['kind'], status: number): UpstreamError {
  return new UpstreamError(kind, { provider: 'acme', operation: 'getThing', delivery: 'answered', status });
}

const kinds: Readonly<Record<number, UpstreamError['kind']>> = {
  401: 'unauthorized',
  404: 'not_found',
  429: 'rate_limited',
  504: 'timeout',
};

export function read(changes: Partial<Call<string>> = {}): Call<string> {
  return {
    operation: 'getThing',
    method: 'GET',
    path: '/thing',
    effect: 'read',
    retries: 0,
    accept: (answer: Answer) => answer.text,
    refuse: (answer) =>
      refusal(kinds[answer.status] ?? (answer.status >= 500 ? 'unavailable' : 'rejected'), answer.status),
    ...changes,
  };
}

let others = 0;

/** A read of an object that nobody else reads, so that it is a request of its own. */
export function otherRead(changes: Partial<Call<string>> = {}): Call<string> {
  return read({ path: `/other-${++others}`, ...changes });
}

export function write(changes: Partial<Call<string>> = {}): Call<string> {
  return read({ operation: 'addThing', method: 'POST', body: '{"a":1}', effect: 'write', ...changes });
}

export function scope(changes: Partial<CallScope> = {}): CallScope {
  return { fingerprint: 'fp', credential: 'server', deadline: monotonicNow() + 5000, ...changes };
}

/** The UpstreamError of a call that must fail with one. */
export async function failure(promise: Promise<unknown>): Promise<UpstreamError> {
  const thrown = await promise.then(
    (value) => new Error(`resolved with ${String(value)}`),
    (error: unknown) => error,
  );
  if (thrown instanceof UpstreamError) return thrown;
  throw thrown;
}

export interface RawServer {
  readonly url: string;
  readonly port: number;
  /** Connections made so far. */
  readonly connections: Socket[];
  /** Whole requests seen so far (by their blank line). */
  requests(): number;
  close(): Promise<void>;
}

/** A server that may say anything: its script gets the socket once per request, with the request's number. */
export async function rawServer(script: (socket: Socket, request: number) => void): Promise<RawServer> {
  const connections: Socket[] = [];
  let requests = 0;
  const server: Server = createServer((socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (data.includes('\r\n\r\n')) script(socket, ++requests);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        for (const socket of connections) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A port on which nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = await rawServer(() => {});
  await server.close();
  return server.url;
}

/** Closes what a test opened, last first, after it. */
export function cleanup(): { add<T extends { close(): Promise<void> }>(thing: T): T; run(): Promise<void> } {
  const things: { close(): Promise<void> }[] = [];
  return {
    add(thing) {
      things.push(thing);
      return thing;
    },
    async run() {
      for (const thing of things.splice(0).reverse()) await thing.close();
    },
  };
}
