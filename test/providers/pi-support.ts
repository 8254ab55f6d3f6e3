import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { monotonicNow } from '../../src/values/clock.js';
import { createHttp } from '../../src/upstream/client.js';
import { silentLogger, type Logger } from '../../src/log.js';
import { UpstreamError } from '../../src/errors.js';
import { pi } from '../../src/providers/pi/index.js';
import type { PiConfig } from '../../src/providers/pi/config.js';
import type { OperationScope } from '../../src/providers/provider.js';
import type { Pi, PiCredential, PiSession, PiUserCredential } from '../../src/providers/pi/session.js';
import { createSettingsReader } from '../../src/settings.js';
import { fakeUpstream, type FakeUpstream, type Script } from '../support/fake-upstream.js';

export const API_KEY = 'server-key-for-tests';
export const credential: PiCredential = { source: 'server', fingerprint: 'fp-server', fields: { apiKey: API_KEY } };
export const userCredential: PiUserCredential = {
  source: 'caller',
  fingerprint: 'fp-user',
  fields: { token: 'user-token' },
};

/** One file of schema/upstream/pi/examples. */
export interface Example {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body?: unknown };
}

const folder = fileURLToPath(new URL('../../schema/upstream/pi/examples/', import.meta.url));

export const examples: readonly Example[] = readdirSync(folder)
  .sort()
  .map((file) => ({ name: file.replace(/\.json$/, ''), ...JSON.parse(readFileSync(folder + file, 'utf8')) }));

export function example(name: string): Example {
  const found = examples.find((one) => one.name === name);
  if (!found) throw new Error(`there is no example ${name}`);
  return found;
}

/** A payment on the wire, to vary. */
export function wirePayment(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...(example('getPayment.created').response.body as Record<string, unknown>), ...changes };
}

/** Flags on the wire, those named are set. */
export function flags(...names: string[]): Record<string, boolean> {
  const all = ['developer_approved', 'transaction_verified', 'developer_completed', 'cancelled', 'user_cancelled'];
  return Object.fromEntries(all.map((name) => [name, names.includes(name)]));
}

export interface PiHarness {
  readonly upstream: FakeUpstream;
  readonly pi: Pi;
  readonly session: PiSession;
  readonly open: (scope?: Partial<OperationScope>) => PiSession;
  /** Requests seen so far as `METHOD path`. */
  readonly seen: () => string[];
  close(): Promise<void>;
}

/** The provider in front of a fake upstream: the real HTTP client over real sockets, short times, no backoff. */
export async function piHarness(
  script: Script,
  changes: Partial<PiConfig> = {},
  log: Logger = silentLogger,
  patience: { readonly upstreamTimeoutMs?: number; readonly writeTimeoutMs?: number } = {},
): Promise<PiHarness> {
  const upstream = await fakeUpstream(script);
  const times = { upstreamTimeoutMs: 10_000, writeTimeoutMs: 10_000, ...patience };
  const http = createHttp(
    {
      ...times,
      connectTimeoutMs: 5_000,
      breakerWindowMs: 10_000,
      breakerMinRequests: 1_000,
      breakerSleepMs: 100,
      upstreamConcurrency: 100,
      upstreamMaxBytes: 1_000_000,
    },
    { log, random: () => 0 },
  );
  const settings = createSettingsReader({});
  const config: PiConfig = { ...pi.readConfig(settings), baseUrl: `${upstream.url}/v2`, apiKey: API_KEY, ...changes };
  const provider = pi.create(config, { http, log, readbackDelayMs: 20, ...times });
  const open = (scope: Partial<OperationScope> = {}) =>
    provider.open(credential, { deadline: monotonicNow() + 5_000, ...scope });
  return {
    upstream,
    pi: provider,
    session: open(),
    open,
    seen: () => upstream.requests.map(({ method, path }) => `${method} ${path.replace(/^\/v2/, '')}`),
    async close() {
      await http.close();
      await upstream.close();
    },
  };
}

/** The error of a promise that must be rejected. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const thrown = await promise.then(
    () => new Error('it did not reject'),
    (error: unknown) => error,
  );
  return thrown instanceof Error ? thrown : new Error('something else than an Error was thrown');
}

/** The UpstreamError of a promise that must be rejected with one. */
export async function upstreamError(promise: Promise<unknown>): Promise<UpstreamError> {
  const thrown = await rejection(promise);
  if (thrown instanceof UpstreamError) return thrown;
  throw thrown;
}
