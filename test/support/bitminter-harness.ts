import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { silentLogger, type Logger } from '../../src/log.js';
import type { BitMinterConfig } from '../../src/providers/bitminter/config.js';
import { bitminter } from '../../src/providers/bitminter/index.js';
import type {
  BitMinter,
  BitMinterCredential,
  MinerSession,
  PoolSession,
} from '../../src/providers/bitminter/session.js';
import type { OperationScope } from '../../src/providers/provider.js';
import { monotonicNow } from '../../src/values/clock.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type Script } from './fake-upstream.js';
import { createTestHttp, patient } from './test-http.js';

export const API_KEY = 'pool-key-for-tests';
export const serverKey: BitMinterCredential = {
  source: 'server',
  fingerprint: 'fp-server',
  fields: { apiKey: API_KEY },
};
export const callerKey: BitMinterCredential = {
  source: 'caller',
  fingerprint: 'fp-caller',
  fields: { apiKey: 'a-callers-key' },
};

/** One file of schema/upstream/bitminter/examples. */
export interface PoolExample {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly headers: Record<string, string> };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body: unknown };
}

const folder = fileURLToPath(new URL('../../schema/upstream/bitminter/examples/', import.meta.url));

export const poolExamples: readonly PoolExample[] = readdirSync(folder)
  .sort()
  .map((file) => ({ name: file.replace(/\.json$/, ''), ...JSON.parse(readFileSync(folder + file, 'utf8')) }));

/** An example's answer, as a fake upstream gives it. */
export function answerOf(name: string): FakeAnswer {
  const found = poolExamples.find((one) => one.name === name);
  if (!found) throw new Error(`there is no example ${name}`);
  return found.response;
}

/** Answers every path with the example that its operation names `ok`, except for those given. */
export function poolScript(answers: Readonly<Record<string, FakeAnswer | undefined>> = {}): Script {
  const usual: Record<string, string> = {
    '/pool/stats': 'getPoolStats.ok',
    '/pool/hashrate': 'getPoolHashrate.ok',
    '/pool/workers': 'getPoolWorkers.ok',
    '/pool/users': 'getPoolUsers.ok',
    '/pool/round': 'getPoolRound.ok',
    '/pool/blocks': 'getPoolBlocks.ok',
    '/pool/shifts': 'getPoolShifts.ok',
    '/pool/top50': 'getPoolTop50.ok',
    '/users': 'getUser.ok',
    '/users/hydro_shed': 'getUserByName.ok',
  };
  return ({ path }) => {
    const own = path.replace(/^\/api/, '');
    return answers[own] ?? (usual[own] === undefined ? { status: 404 } : answerOf(usual[own]));
  };
}

export interface PoolHarness {
  readonly upstream: FakeUpstream;
  readonly provider: BitMinter;
  readonly pool: (scope?: Partial<OperationScope>) => PoolSession;
  readonly miners: (credential?: BitMinterCredential, scope?: Partial<OperationScope>) => MinerSession;
  /** Paths and queries seen so far. */
  readonly seen: () => string[];
  close(): Promise<void>;
}

/** The provider in front of a fake pool: the real HTTP client over real sockets, short times, no backoff, no cache unless asked for. */
export async function poolHarness(
  script: Script = poolScript(),
  changes: Partial<BitMinterConfig> = {},
  log: Logger = silentLogger,
): Promise<PoolHarness> {
  const upstream = await fakeUpstream(script);
  const http = createTestHttp();
  const { upstreamTimeoutMs, writeTimeoutMs } = patient;
  const config = { baseUrl: `${upstream.url}/api`, apiKey: API_KEY, cacheTtlMs: 0, pollIntervalMs: 50, ...changes };
  const provider = bitminter.create(config, { http, log, readbackDelayMs: 20, upstreamTimeoutMs, writeTimeoutMs });
  const scope = (own: Partial<OperationScope> = {}): OperationScope => ({ deadline: monotonicNow() + 5_000, ...own });
  return {
    upstream,
    provider,
    pool: (own) => provider.openPool(scope(own)),
    miners: (credential = serverKey, own = {}) => provider.openMiners(credential, scope(own)),
    seen: () => upstream.requests.map(({ url }) => url.replace(/^\/api/, '')),
    async close() {
      await http.close();
      await upstream.close();
    },
  };
}
