import { randomBytes } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { createCursors } from './access/cursors.js';
import { createFingerprint } from './access/fingerprint.js';
import { createHealth } from './access/health.js';
import { createIdentities } from './access/identity.js';
import { createPayouts } from './access/payout-caps.js';
import { createRateLimit } from './access/rate-limit.js';
import { createStreamLimits } from './access/stream-limits.js';
import { readViewer, type HeaderReader } from './access/viewer.js';
import type { Config } from './config.js';
import { createContext, type Context, type ContextDeps } from './context.js';
import { createHttp } from './http/client.js';
import type { Logger } from './log.js';
import { createMetrics } from './observability/metrics.js';
import { createObserve } from './observability/observe.js';
import { describeThrown } from './observability/thrown.js';
import { tracePolling } from './observability/traced-polling.js';
import { startTraces } from './observability/traces.js';
import { createPolling } from './polling/engine.js';
import type { Provider } from './providers/provider.js';
import { createProviders, type Providers } from './providers/registry.js';
import type { Sandbox } from './sandbox/index.js';
import { toGraphQLError } from './schema/errors.js';
import { forgetScopes } from './schema/builder.js';
import { schema } from './schema/index.js';
import { createLogger } from './server/logger.js';
import { readOperations } from './server/operations.js';
import { createServerApp, type ServerApp } from './server/yoga.js';
import { createState } from './state/index.js';
import { createWrites } from './writes/engine.js';

/** A running gateway. */
export interface App {
  /** Answers a request without a port. */
  readonly fetch: ServerApp['fetch'];
  /** Opens the port; resolves with the address. */
  listen(): Promise<string>;
  /** Lines for whoever started it. */
  greeting(address: string): readonly string[];
  /** Ends gracefully. Idle connections stay for `lingerMs` (0 when left out), in which requests on them are refused with an answer. */
  close(lingerMs?: number): Promise<void>;
}

/** A running write gets so long once the gateway stops; a little later the sockets are cut. */
const WRITES_STOP_MS = 18_000;

export interface Overrides {
  readonly log?: Logger;
  /** Serves every upstream in place of sockets. */
  readonly dispatcher?: Dispatcher;
  /** Used in place of a new one when nothing is configured. */
  readonly sandbox?: Sandbox;
}

/** Wires everything; starts the sandbox when nothing is configured. */
export async function createApp(configured: Config, overrides: Overrides = {}): Promise<App> {
  const sandbox = configured.sandboxed ? overrides.sandbox ?? await startSandbox() : null;
  const config = sandbox && configured.sandboxed ? configured.sandboxed(sandbox.settings) : configured;
  const log = overrides.log ?? createLogger(config.logLevel);
  const metrics = config.metrics ? createMetrics({ upstreams: () => http.load(), polling: () => polling.stats(), streams: () => deps.streams.size, operations: () => server.load() }) : undefined;
  const traces = config.tracesUrl === undefined ? undefined : await startTraces(config.tracesUrl, log);
  const http = createHttp(config.http, {
    log, ...(overrides.dispatcher ? { dispatcher: overrides.dispatcher } : {}), ...(metrics ? { onFinished: metrics.upstreamCall } : {}), ...(traces ? { watcher: traces.pollCalls } : {}),
  });
  const { readbackDelayMs } = config;
  const { upstreamTimeoutMs, writeTimeoutMs } = config.http;
  const providers = createProviders(config.providers, {
    http, log, readbackDelayMs, upstreamTimeoutMs, writeTimeoutMs, stopping: () => closing !== undefined, onCacheLookup: (cache, hit) => metrics?.cacheLookup(cache, hit ? 'hit' : 'miss'),
  });
  let closing: Promise<void> | undefined;
  const secret = config.secret === undefined ? randomBytes(32) : Buffer.from(config.secret, 'utf8');
  const state = await createState({ redisUrl: config.redisUrl, secret, report: (event, fields) => log[event === 'state_reached' ? 'info' : 'warn'](event, fields) });
  // In one process alone, pollers and writes have ways that are shorter.
  const shared = state.shared ? state : undefined;
  const polling = createPolling({ log, fleet: shared, onRead: (usable) => metrics?.poll(usable) });
  const writeBudgetMs = upstreamTimeoutMs + writeTimeoutMs + 2 * (readbackDelayMs + upstreamTimeoutMs);
  const writes = createWrites({
    records: state.records, leases: shared?.leases, log, readbackDelayMs, resendQuarantineMs: config.resendQuarantineMs, writeDeadlineMs: writeBudgetMs,
    onEnd: ({ operation }, end) => metrics?.write(operation, end),
  });
  const deps: ContextDeps = {
    providers, writes, log, polling: traces ? tracePolling(polling, traces) : polling, writeBudgetMs,
    operatorKeys: config.operatorKeys,
    fingerprint: createFingerprint(secret),
    cursors: createCursors(secret),
    streams: createStreamLimits({ total: config.maxSubscriptions, perCaller: config.maxSubscriptionsPerCaller }),
    payouts: createPayouts(config.payoutCaps, state.counters),
    identities: createIdentities(providers.pi, config.identity, (result) => metrics?.cacheLookup('identities', result)),
    piUserActions: config.piUserActions,
    health: createHealth(Object.values(providers)),
    rateLimit: await createRateLimit(config.rateLimitPerMinute, shared),
    observe: createObserve({ traces, showCalls: !config.production }),
    forget: forgetScopes,
    operationTimeoutMs: config.operationTimeoutMs,
  };
  const mayIntrospect = (header: HeaderReader) => readViewer(header, config.operatorKeys).operator?.scopes.has('schema:read') === true;
  const isOperator = (header: HeaderReader) => readViewer(header, config.operatorKeys).operator !== null;
  const server = createServerApp({
    schema: traces ? traces.schema(schema) : schema,
    log,
    createContext: (input) => createContext(deps, input),
    contextPerEvent: (context) => ({ ...context, ...(context as Context).renew() }),
    maskError: (error, requestId) => toGraphQLError(error, requestId, (cause) => log.error('masked_error', { requestId, ...describeThrown(cause) })),
    operations: readOperations(),
    graphiql: config.graphiql,
    introspection: config.introspection || mayIntrospect,
    jit: config.jit,
    corsOrigins: config.corsOrigins,
    maxBodyBytes: config.maxBodyBytes,
    maxOperationsInFlight: config.maxOperationsInFlight,
    production: config.production,
    ...(sandbox ? { playground: { headers: sandbox.headers } } : {}),
    // A later loss of the shared state is lived with; starting without it would be a promise not kept.
    ready: () => state.availability() !== 'starting',
    healthDetail: (header) => (isOperator(header) ? { providers: healthOf(providers), sharedState: state.availability(), streams: deps.streams.size, polls: polling.stats() } : null),
    ...(metrics ? { metrics: () => metrics.read(), mayReadMetrics: isOperator, onOperation: metrics.operation } : {}),
  });
  return {
    fetch: server.fetch,
    listen: async () => (await server.listen(config.host, config.port)).url,
    greeting: (address) => (sandbox ? sandboxGreeting(address, sandbox) : [`Headgate listens at ${address}/graphql`]),
    close: (lingerMs) => (closing ??= close(lingerMs)),
  };

  /** Writes that are still open near the end are recorded and answered as unclear, while there are sockets to say so on. */
  async function close(lingerMs?: number): Promise<void> {
    const abandon = setTimeout(() => void writes.abandon(), WRITES_STOP_MS);
    await server.close(lingerMs);
    clearTimeout(abandon);
    await polling.close();
    await Promise.race([writes.idle(), writes.abandon()]);
    await Promise.all([http.close(), state.close(), sandbox?.close(), traces?.close()]);
  }
}

/** Every upstream as operators see it at /health/ready. */
function healthOf(providers: Providers): readonly object[] {
  return Object.values(providers).flatMap((provider: Provider) => provider.health()).map(({ name, enabled, circuit, lastSuccessAt }) => ({
    name, enabled, circuit, lastSuccessAt: lastSuccessAt === undefined ? null : new Date(lastSuccessAt).toISOString(),
  }));
}

/** Loaded only where it runs, which is never in production. */
async function startSandbox(): Promise<Sandbox> {
  return (await import('./sandbox/index.js')).startSandbox();
}

function sandboxGreeting(address: string, sandbox: Sandbox): readonly string[] {
  return [
    '',
    '  Headgate runs its sandbox: every upstream is embedded, nothing leaves this machine.',
    '',
    `  GraphiQL       ${address}/`,
    `  Operator key   ${sandbox.operatorKey}`,
    '',
    '  Try it from a shell:',
    `  curl ${address}/graphql -H 'content-type: application/json' -H 'x-gateway-key: ${sandbox.operatorKey}' \\`,
    `    -d '{"query":"{ pins(first: 3) { nodes { name cid status } } }"}'`,
    '',
  ];
}
