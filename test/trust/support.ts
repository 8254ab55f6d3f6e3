import { Writable } from 'node:stream';
import { connect, type Socket } from 'node:net';
import { createApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { errorCodes } from '../../src/errors.js';
import { createLogger } from '../../src/server/logger.js';
import type { Settings } from '../../src/settings.js';
import { gatewayKey, type GraphAnswer } from '../support/create-test-app.js';
import { fakePi, SERVER_KEY, type FakePi } from '../support/graph-payments.js';
import { closeLater, startService } from '../support/graph-pins.js';
import type { FakePinning } from '../support/fake-pinning.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';

/** Every operator right that moves nothing but pins and payments. */
export const ALL_SCOPES = [
  'pi:read', 'pi:approve', 'pi:complete', 'pi:cancel', 'pi:payout', 'mypit:read', 'mypit:pii', 'mypit:write', 'mypit:delete', 'mypit:issue',
  'pin:read', 'pin:write', 'bm:read', 'schema:read',
].join('+');

const knownCodes: ReadonlySet<unknown> = new Set(errorCodes);

/** A gateway on a real port whose log is kept. */
export interface Gateway {
  readonly app: App;
  readonly url: string;
  readonly port: number;
  /** All that it wrote, one JSON line each. */
  readonly log: string[];
  ask<Data = Record<string, never>>(query: string, variables?: object, headers?: Record<string, string>, signal?: AbortSignal): Promise<GraphAnswer<Data>>;
}

export async function startGateway(settings: Settings): Promise<Gateway> {
  const log: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(chunk.toString());
      done();
    },
  });
  const config = readConfig({
    PORT: '0', LOG_LEVEL: 'debug', CONNECT_TIMEOUT_MS: '500', UPSTREAM_TIMEOUT_MS: '1000', WRITE_TIMEOUT_MS: '1000', OPERATION_TIMEOUT_MS: '1500',
    READBACK_DELAY_MS: '5', PIN_POLL_INTERVAL_MS: '40', PAYMENT_POLL_INTERVAL_MS: '40', HEADGATE_SECRET: 'a secret for tests only',
    GATEWAY_KEYS: gatewayKey(ALL_SCOPES), BREAKER_MIN_REQUESTS: '1000000', PAYOUT_MAX_PER_CALL: '10', PAYOUT_MAX_PER_DAY: '1000000', ...settings,
  });
  const app = await createApp(config, { log: createLogger(config.logLevel, sink) });
  closeLater(() => app.close());
  const url = await app.listen();
  return {
    app, url, log, port: Number(new URL(url).port),
    async ask<Data>(query: string, variables?: object, headers: Record<string, string> = {}, signal?: AbortSignal) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
        body: JSON.stringify({ query, variables }), ...(signal ? { signal } : {}),
      });
      return await response.json() as GraphAnswer<Data>;
    },
  };
}

/** A gateway in front of two pinning services, the Pi Platform and two upstreams that know nothing, all on sockets of this machine. */
export interface World extends Gateway {
  readonly acme: FakePinning;
  readonly other: FakePinning;
  readonly pi: FakePi;
  readonly mypit: FakeUpstream;
  readonly pool: FakeUpstream;
  /** Requests that reached any of them so far. */
  sent(): number;
}

export async function startWorld(settings: Settings = {}): Promise<World> {
  const empty = () => fakeUpstream(() => ({ status: 404, body: { error: 'not found' } }));
  const [acme, other, pi, mypit, pool] = await Promise.all([startService(), startService(), fakePi(), empty(), empty()]);
  for (const upstream of [pi, mypit, pool]) closeLater(() => upstream.close());
  const gateway = await startGateway({
    PINNING_SERVICES: 'acme,other', PINNING_ACME_URL: acme.url, PINNING_ACME_TOKEN: 'token-of-the-server', PINNING_OTHER_URL: other.url, PINNING_OTHER_TOKEN: 'other-token-of-the-server',
    PI_BASE_URL: `${pi.url}/v2`, PI_API_KEY: SERVER_KEY,
    MYPIT_BASE_URL: mypit.url, MYPIT_CLIENT_ID: 'client-of-the-server', MYPIT_SECRET_KEY: 'secret-of-the-server', MYPIT_USER_ID: 'user-of-the-server', MYPIT_ISSUER_DID: 'did:web:server',
    BITMINTER_BASE_URL: pool.url, BITMINTER_API_KEY: 'miner-key-of-the-server', ...settings,
  });
  return { ...gateway, acme, other, pi, mypit, pool, sent: () => [acme, other, pi, mypit, pool].reduce((sum, { requests }) => sum + requests.length, 0) };
}

/** What came back on a socket, and how long that took. */
export interface RawAnswer {
  readonly text: string;
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/** Writes bytes to a port as they are and collects the answer until the other side ends, or an answer is complete, or time is up. */
export function sendRaw(port: number, bytes: string | Buffer | ((socket: Socket) => void), patienceMs = 2_500): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const started = performance.now();
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('utf8');
      const [head = '', ...rest] = text.split('\r\n\r\n');
      resolve({ text, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), body: unchunk(head, rest.join('\r\n\r\n')), ms: performance.now() - started });
    };
    const timer = setTimeout(done, patienceMs);
    socket.on('connect', () => (typeof bytes === 'function' ? bytes(socket) : socket.write(bytes)));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks))) done();
    });
    socket.on('error', done);
    socket.on('close', done);
  });
}

function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = bytes.subarray(0, end).toString('latin1');
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= end + 4 + Number(length);
  return /transfer-encoding: chunked/i.test(head) && bytes.subarray(-5).toString() === '0\r\n\r\n';
}

function unchunk(head: string, body: string): string {
  return /transfer-encoding: chunked/i.test(head) ? body.replace(/(^|\r\n)[0-9a-f]+\r\n/gi, '').replace(/\r\n$/, '') : body;
}

/** Faults of an answer's errors: none may be without a known code, its request id and the flag `retryable`. */
export function uncoded(answer: GraphAnswer<unknown>): string[] {
  return (answer.errors ?? []).filter(({ message, extensions }) => {
    const whole = knownCodes.has(extensions?.['code']) && typeof extensions['requestId'] === 'string' && typeof extensions['retryable'] === 'boolean';
    return !whole || extensions['code'] === 'INTERNAL_SERVER_ERROR' || /Cannot return null|TypeError|undefined is not|is not a function|\n\s+at /.test(message);
  }).map((error) => JSON.stringify(error));
}

/** Numbers that are the same in every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
