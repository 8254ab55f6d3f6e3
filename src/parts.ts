import type { Dispatcher } from 'undici';
import { createCursors } from './access/cursors.js';
import { createFingerprint } from './access/fingerprint.js';
import { createChanges, type Changes } from './access/recent-changes.js';
import { createHealth } from './access/health.js';
import { createIdentities } from './access/identity.js';
import { createPayoutCharges } from './access/payout-caps.js';
import { createRateLimit } from './access/rate-limit.js';
import { createStreamLimits } from './access/stream-limits.js';
import { createVouched, type Vouched } from './access/vouched.js';
import { createViewers } from './access/viewer.js';
import type { Config } from './config.js';
import type { ContextDeps } from './context.js';
import { createHttp } from './upstream/client.js';
import type { Http } from './upstream/http.js';
import type { Logger } from './log.js';
import { createMetrics, type Metrics, type MetricSources } from './observability/metrics.js';
import { createObserve } from './observability/observe.js';
import { tracePolling } from './observability/traced-polling.js';
import { startTraces } from './observability/start-traces.js';
import type { Traces } from './observability/traces.js';
import { createPolling } from './polling/engine.js';
import type { Polling } from './polling/polling.js';
import type { Rhythm } from './polling/rhythm.js';
import { callerCredentials, createProviders, type Definitions } from './providers/registry.js';
import { openState, secretOf } from './open-state.js';
import type { State } from './state/state.js';
import { version } from './version.js';
import { createWrites, type WriteTimes } from './writes/engine.js';
import type { Writes } from './writes/writes.js';

/** All that stands behind the graph: upstreams, state, polls, writes, and what watches them. */
export interface Parts {
  readonly state: State;
  readonly polling: Polling;
  readonly writes: Writes;
  readonly metrics: Metrics | undefined;
  readonly traces: Traces | undefined;
  /** What the contexts of operations are made of. */
  readonly deps: ContextDeps;
  /** Closes the upstreams' sockets and the state, when nothing runs any more. */
  close(): Promise<void>;
}

export interface PartsOptions {
  readonly log: Logger;
  readonly definitions: Definitions;
  /** Serves every upstream in place of sockets. */
  readonly dispatcher: Dispatcher | undefined;
  /** How to poll, where it differs from the usual. */
  readonly rhythm?: Partial<Rhythm>;
  /** Used in place of the state that the settings ask for. */
  readonly state?: State | undefined;
  /** How long a write counts as alive, where it differs from the usual. */
  readonly writeTimes?: WriteTimes;
  /** Operations under way, for the metrics. */
  readonly operations: MetricSources['operations'];
  /** Whether the gateway is about to end: what waits for an upstream's better days need not. */
  readonly stopping: () => boolean;
}

/** Makes them from the settings. Without a configured secret, fingerprints and cursors hold for this process alone. */
export async function createParts(config: Config, options: PartsOptions): Promise<Parts> {
  const { log, definitions, rhythm, operations } = options;
  const metrics = config.metrics
    ? createMetrics({
        upstreams: () => http.load(),
        polling: () => polling.stats(),
        streams: () => deps.streams.size,
        operations,
      })
    : undefined;
  const traces = config.tracesUrl === undefined ? undefined : await startTraces(config.tracesUrl, log);
  const vouched = createVouched();
  const changes = createChanges();
  changes.note('STARTED');
  const { http, providers } = openUpstreams(config, options, { metrics, traces, vouched, changes });
  const secret = secretOf(config);
  const state = options.state ?? (await openState(config, secret, log, changes));
  // In one process alone, pollers and writes have ways that are shorter.
  const shared = state.shared ? state : undefined;
  const polling = createPolling({ ...rhythm, log, fleet: shared, onRead: (usable) => metrics?.poll(usable) });
  const { readbackDelayMs } = config;
  const { upstreamTimeoutMs, writeTimeoutMs } = config.http;
  const writeBudgetMs = upstreamTimeoutMs + writeTimeoutMs + 2 * (readbackDelayMs + upstreamTimeoutMs);
  const writes = createWrites({
    ...options.writeTimes,
    records: state.records,
    secret,
    leases: shared?.leases,
    log,
    readbackDelayMs,
    resendQuarantineMs: config.resendQuarantineMs,
    lastingTtlMs: config.writeRecordMs,
    doubt: () => state.doubt(),
    writeDeadlineMs: writeBudgetMs,
    onEnd: ({ operation }, end) => metrics?.write(operation, end),
  });
  const deps: ContextDeps = {
    definitions,
    providers,
    writes,
    log,
    polling: traces ? tracePolling(polling, traces) : polling,
    writeBudgetMs,
    viewers: createViewers(callerCredentials(definitions), config.operatorKeys),
    fingerprint: createFingerprint(secret),
    cursors: createCursors(secret),
    streams: createStreamLimits({ total: config.maxSubscriptions, perCaller: config.maxSubscriptionsPerCaller }),
    payoutCharges: createPayoutCharges(config.payoutCaps, state.counters),
    identities: createIdentities(
      providers.pi,
      config.identity,
      (result) => metrics?.cacheLookup('identities', result),
      vouched,
    ),
    vouched,
    piUserActions: config.piUserActions,
    health: createHealth(Object.values(providers)),
    gateway: () => ({
      version,
      state: { kind: state.kind, availability: state.availability(), doubt: state.doubt() ?? null },
      streams: deps.streams.size,
      polled: polling.stats().watched,
      pollSubscribers: polling.stats().subscribers,
      changes: changes.lastHour(),
    }),
    rateLimit: await createRateLimit(config.rateLimitPerMinute, shared),
    observe: createObserve({ traces, showCalls: !config.production }),
    operationTimeoutMs: config.operationTimeoutMs,
  };
  return {
    state,
    polling,
    writes,
    metrics,
    traces,
    deps,
    async close() {
      writes.close();
      await Promise.all([http.close(), state.close(), traces?.close()]);
    },
  };
}

/** What watches the calls of upstreams. */
interface Watching {
  readonly metrics: Metrics | undefined;
  readonly traces: Traces | undefined;
  readonly vouched: Vouched;
  readonly changes: Changes;
}

/** The calls of upstreams, and the providers that make them. */
function openUpstreams(
  { http: settings, providers, readbackDelayMs }: Config,
  { log, definitions, dispatcher, stopping }: PartsOptions,
  { metrics, traces, vouched, changes }: Watching,
) {
  const http: Http = createHttp(settings, {
    log,
    vouched,
    onCircuit(provider, circuit) {
      if (circuit !== 'HALF_OPEN') changes.note(circuit === 'OPEN' ? 'CIRCUIT_OPENED' : 'CIRCUIT_CLOSED', provider);
    },
    onStanding: (provider, standing) =>
      changes.note(standing === 'FAILING' ? 'PROVIDER_FAILING' : 'PROVIDER_RECOVERED', provider),
    ...(dispatcher ? { dispatcher } : {}),
    ...(metrics ? { onFinished: metrics.upstreamCall } : {}),
    ...(traces ? { watcher: traces.pollCalls } : {}),
  });
  const { upstreamTimeoutMs, writeTimeoutMs } = settings;
  const onCacheLookup = (cache: string, hit: boolean) => metrics?.cacheLookup(cache, hit ? 'hit' : 'miss');
  const shared = { http, log, readbackDelayMs, upstreamTimeoutMs, writeTimeoutMs, stopping, onCacheLookup };
  return { http, providers: createProviders(providers, shared, definitions) };
}
