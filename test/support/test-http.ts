import { monotonicNow } from '../../src/values/clock.js';
import { createHttp } from '../../src/upstream/client.js';
import type { CallScope, Http, HttpSettings } from '../../src/upstream/http.js';
import { silentLogger } from '../../src/log.js';

/** Long enough for a busy machine: who waits for one sets it. */
export const patient: HttpSettings = {
  connectTimeoutMs: 5_000,
  upstreamTimeoutMs: 10_000,
  writeTimeoutMs: 10_000,
  breakerWindowMs: 10_000,
  breakerMinRequests: 1000,
  breakerSleepMs: 5000,
  upstreamConcurrency: 100,
  upstreamMaxBytes: 4 * 1024 * 1024,
};

/** The real HTTP layer over real sockets, without a wait between attempts. */
export function createTestHttp(changes: Partial<HttpSettings> = {}): Http {
  return createHttp({ ...patient, ...changes }, { log: silentLogger, random: () => 0 });
}

/** A scope of the server's own credential with ten seconds to go. */
export function testScope(changes: Partial<CallScope> = {}): CallScope {
  return { fingerprint: 'test-fingerprint', credential: 'server', deadline: monotonicNow() + 10_000, ...changes };
}
