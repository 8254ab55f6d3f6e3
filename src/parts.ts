import { randomBytes } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { createCursors } from './access/cursors.js';
import { createFingerprint } from './access/fingerprint.js';
import { createChanges, type GatewayEvent } from './access/recent-changes.js';
import { createHealth } from './access/health.js';
import { createIdentities } from './access/identity.js';
import { createPayoutCharges } from './access/payout-caps.js';
import { createRateLimit } from './access/rate-limit.js';
import { createStreamLimits } from './access/stream-limits.js';
import { createVouched } from './access/vouched.js';
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
import { forgetScopes } from './graph/builder.js';
import { createState } from './state/index.js';
import { keptSecret } from './state/secret.js';
import type { State, StateReport } from './state/state.js';
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

/** How loudly each fact about the state is told. */
const STATE_LEVELS: Readonly<Record<Parameters<StateReport>[0], 'info' | 'warn' | 'error'>> = {
  state_reached: 'info',
  state_lost: 'warn',
  state_evicts: 'error',
  state_unseen: 'error',
  state_emptied: 'error',
  state_foreign: 'error',
  state_loss_accepted: 'warn',
  state_clock_doubted: 'error',
  state_clock_believed: 'warn',
};

/** The same facts as operators read them in the graph. */
const STATE_EVENTS: Readonly<Record<Parameters<StateReport>[0], GatewayEvent>> = {
  state_reached: 'STATE_REACHED',
  state_lost: 'STATE_LOST',
  state_evicts: 'STATE_EVICTS',
  state_unseen: 'STATE_UNSEEN',
  state_emptied: 'STATE_EMPTIED',
  state_foreign: 'STATE_FOREIGN',
  state_loss_accepted: 'STATE_LOSS_ACCEPTED',
  state_clock_doubted: 'STATE_CLOCK_DOUBTED',
  state_clock_believed: 'STATE_CLOCK_BELIEVED',
};

/** The deployment's secret; without one set it is kept with the state, or holds for this process alone. */
function secretOf({ secret, stateDir }: Config): Buffer {
  if (secret === undefined && stateDir === undefined) return randomBytes(32);
  return Buffer.from(secret ?? keptSecret(stateDir ?? ''), 'utf8');
}

/** Makes them from the settings. Without a configured secret, fingerprints and cursors hold for this process alone. */
export async function createParts(config: Config, options: PartsOptions): Promise<Parts> {
  const { log, definitions, dispatcher, rhythm, operations, stopping } = options;
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
  const http: Http = createHttp(config.http, {
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
  const { readbackDelayMs } = config;
  const { upstreamTimeoutMs, writeTimeoutMs } = config.http;
  const providers = createProviders(
    config.providers,
    {
      http,
      log,
      readbackDelayMs,
      upstreamTimeoutMs,
      writeTimeoutMs,
      stopping,
      onCacheLookup: (cache, hit) => metrics?.cacheLookup(cache, hit ? 'hit' : 'miss'),
    },
    definitions,
  );
  const secret = secretOf(config);
  const state =
    options.state ??
    (await createState({
      redisUrl: config.redisUrl,
      folder: config.stateDir,
      secret,
      production: config.production,
      report(event, fields) {
        log[STATE_LEVELS[event]](event, fields);
        changes.note(STATE_EVENTS[event]);
      },
    }));
  // In one process alone, pollers and writes have ways that are shorter.
  const shared = state.shared ? state : undefined;
  const polling = createPolling({ ...rhythm, log, fleet: shared, onRead: (usable) => metrics?.poll(usable) });
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
    forget: forgetScopes,
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
