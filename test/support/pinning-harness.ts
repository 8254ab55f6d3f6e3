import { randomUUID } from 'node:crypto';
import { monotonicNow } from '../../src/values/clock.js';
import { UpstreamError } from '../../src/errors.js';
import type { Http, HttpSettings } from '../../src/upstream/http.js';
import { silentLogger } from '../../src/log.js';
import { pinning } from '../../src/providers/pinning/index.js';
import type { PinInput } from '../../src/providers/pinning/model.js';
import type { Pinning, PinningSession } from '../../src/providers/pinning/session.js';
import type { OperationScope } from '../../src/providers/provider.js';
import type { Attempt } from '../../src/writes/writes.js';
import { fakePinning, type FakePinning, type FakePinningOptions } from './fake-pinning.js';
import { createTestHttp, patient } from './test-http.js';

/** The pinning provider over real sockets, with one service named `acme`. */
export interface PinningHarness {
  readonly provider: Pinning;
  readonly http: Http;
  /** A session of its own, as each operation has one. */
  session(scope?: Partial<OperationScope>): PinningSession;
}

export function pinningHarness(baseUrl: string, changes: Partial<HttpSettings> = {}): PinningHarness {
  const http = createTestHttp(changes);
  const { upstreamTimeoutMs, writeTimeoutMs } = { ...patient, ...changes };
  const provider = pinning.create(
    { services: [{ name: 'acme', baseUrl, token: 'secret-token' }], pollIntervalMs: 20 },
    { http, log: silentLogger, readbackDelayMs: 5, upstreamTimeoutMs, writeTimeoutMs },
  );
  return {
    provider,
    http,
    session: (scope = {}) =>
      provider.open(
        'acme',
        { source: 'caller', fingerprint: 'caller-fingerprint', fields: { token: 'caller-token' } },
        { deadline: monotonicNow() + 10_000, ...scope },
      ),
  };
}

/** Starts services with a memory, each with a provider in front of it, and closes them all after a test. */
export function pinningStarts(): {
  start(options?: FakePinningOptions): Promise<{ readonly upstream: FakePinning; readonly harness: PinningHarness }>;
  closeAll(): Promise<void>;
} {
  const open: { readonly upstream: FakePinning; readonly harness: PinningHarness }[] = [];
  return {
    async start(options) {
      const upstream = await fakePinning(options);
      const started = { upstream, harness: pinningHarness(upstream.url) };
      open.push(started);
      return started;
    },
    async closeAll() {
      for (const { upstream, harness } of open.splice(0)) {
        await harness.http.close();
        await upstream.close();
      }
    },
  };
}

/** An attempt that tells how often it was about to be sent. */
export interface TestAttempt extends Attempt {
  readonly sendings: number;
}

export function attemptOf(changes: Partial<Omit<Attempt, 'sent'>> = {}): TestAttempt {
  let sendings = 0;
  return {
    marker: randomUUID(),
    startedAt: Date.now(),
    keyed: false,
    ...changes,
    get sendings() {
      return sendings;
    },
    async sent() {
      sendings += 1;
    },
  };
}

export function pinOf(cid: string, changes: Partial<PinInput> = {}): PinInput {
  return { cid, name: null, origins: [], meta: {}, ...changes };
}

/** The UpstreamError with which this must reject. */
export async function upstreamFailure(promise: Promise<unknown>): Promise<UpstreamError> {
  const thrown = await promise.then(
    (value) => new Error(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (thrown instanceof UpstreamError) return thrown;
  throw thrown;
}
