import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { ledger } from '../../src/providers/ledger/index.js';
import type { LedgerSearch, PaymentTrace } from '../../src/providers/ledger/model.js';
import { monotonicNow } from '../../src/values/clock.js';
import { fakeLedger, type FakeLedger } from '../support/fake-ledger.js';
import { createTestHttp, patient } from '../support/test-http.js';

/** The provider in front of a ledger that is empty before each test; `started` is handed it. */
export function inFrontOfLedger(started: (horizon: FakeLedger) => void) {
  let horizon: FakeLedger;
  let http: ReturnType<typeof createTestHttp>;
  beforeAll(async () => {
    horizon = await fakeLedger();
    started(horizon);
  });
  afterAll(() => horizon.close());
  // No pause that a ledger asks for in one test holds up the next.
  afterEach(() => http.close());
  beforeEach(() => {
    http = createTestHttp({ breakerMinRequests: 1_000_000 });
    horizon.transactions.length = 0;
    horizon.requests.length = 0;
    for (const key of Object.keys(horizon.root)) delete horizon.root[key];
    horizon.intercept(undefined);
  });

  const create = () => {
    const { upstreamTimeoutMs, writeTimeoutMs } = patient;
    const deps = { http, log: silentLogger, readbackDelayMs: 5, upstreamTimeoutMs, writeTimeoutMs };
    return ledger.create({ baseUrl: horizon.url }, deps);
  };
  const search = (payment: PaymentTrace): Promise<LedgerSearch> =>
    create()
      .open({ deadline: monotonicNow() + 5_000 })
      .search(payment);
  return { create, search };
}
