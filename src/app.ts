import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dispatcher } from 'undici';
import type { HeaderReader } from './access/viewer.js';
import type { Config } from './config.js';
import { createContext, type Context } from './context.js';
import type { Logger } from './log.js';
import { createIsWatched } from './observability/observe.js';
import { describeThrown } from './observability/thrown.js';
import { createParts, type Parts } from './parts.js';
import type { Provider } from './providers/provider.js';
import { registry, type Definitions, type Providers } from './providers/registry.js';
import type { Rhythm } from './polling/rhythm.js';
import type { Sandbox } from './sandbox/index.js';
import { toGraphQLError } from './graph/errors.js';
import { schema } from './graph/index.js';
import { asSubgraph } from './graph/subgraph.js';
import { createLogger } from './observability/logger.js';
import { readOperations } from './server/http/example-operations.js';
import { readDeployedDocuments } from './start-faults.js';
import { readTrustedDocuments } from './server/operation/manifests.js';
import { nothingPersisted } from './server/operation/persisted.js';
import type { PersistedSettings, ServerApp, ServerOptions } from './server/options.js';
import { startHealthWorker, type HealthWorker } from './server/overload/health-worker.js';
import { maySpend, startLine, STATE_IN_MEMORY } from './summary.js';
import { createServerApp } from './server/server.js';
import { createState } from './state/index.js';
import type { State } from './state/state.js';
import type { WriteTimes } from './writes/engine.js';

/** A running gateway. */
export interface App {
  /** Answers a request without a port. */
  readonly fetch: ServerApp['fetch'];
  /** Opens the port; resolves with the address. As for `acceptsPerTurn`, see `ServerApp`. */
  listen(acceptsPerTurn?: number): Promise<string>;
  /** Lines for whoever started it. */
  greeting(address: string): readonly string[];
  /** Ends gracefully. Idle connections stay for `lingerMs` (0 when left out), in which requests on them are refused with an answer. */
  close(lingerMs?: number): Promise<void>;
}

/** The documented operations of this package: beside `src` and beside the built product alike. */
const OPERATIONS = fileURLToPath(new URL('../schema/operations', import.meta.url));
/** The built desk: in `dist` whether the sources run or the product does. */
const DESK = fileURLToPath(new URL('../dist/desk', import.meta.url));
/** A running write gets so long once the gateway stops; a little later the sockets are cut. */
const WRITES_STOP_MS = 18_000;

export interface Overrides {
  /** The upstreams to stand in front of; ours when left out. `readConfig` has to be given the same. */
  readonly providers?: Definitions;
  readonly log?: Logger;
  /** Serves every upstream in place of sockets. */
  readonly dispatcher?: Dispatcher;
  /** The folder of a built desk, in place of the one of this package. */
  readonly desk?: string;
  /** How to poll, where it differs from the usual. */
  readonly polling?: Partial<Rhythm>;
  /** Used in place of a new one when nothing is configured. */
  readonly sandbox?: Sandbox;
  /** Holds what money depends on, in place of the state that the settings ask for. */
  readonly state?: State;
  /** How long a write counts as alive, where it differs from the usual. */
  readonly writeTimes?: WriteTimes;
}

/** Wires everything; starts the sandbox when nothing is configured. */
export async function createApp(configured: Config, overrides: Overrides = {}): Promise<App> {
  const sandbox = configured.sandboxed ? (overrides.sandbox ?? (await startSandbox())) : null;
  const config = sandbox && configured.sandboxed ? configured.sandboxed(sandbox.settings) : configured;
  const log = overrides.log ?? createLogger(config.logLevel);
  let closing: Promise<void> | undefined;
  let health: HealthWorker | undefined;
  const parts = await createParts(config, {
    log,
    definitions: overrides.providers ?? registry,
    dispatcher: overrides.dispatcher,
    rhythm: overrides.polling ?? {},
    state: overrides.state,
    writeTimes: overrides.writeTimes ?? {},
    operations: () => server.load(),
    stopping: () => closing !== undefined,
  });
  const upstreams = () => Object.values(parts.deps.providers).flatMap((provider) => provider.health());
  if (parts.state.doubt() === 'forgets' && maySpend(config, upstreams()))
    log.warn('state_in_memory', { reason: STATE_IN_MEMORY });
  const server = createServerApp({
    ...serverOptions(config, parts, overrides.desk ?? DESK),
    ...(sandbox ? { playground: { headers: sandbox.headers }, hosts: [config.host] } : {}),
  });
  return {
    fetch: server.fetch,
    async listen(acceptsPerTurn) {
      if (config.healthPort !== undefined) health = await startHealthWorker(config.host, config.healthPort);
      return (await server.listen(config.host, config.port, acceptsPerTurn)).url;
    },
    greeting: (address) => [
      // Nobody has chosen what the sandbox is set to.
      startLine(config, upstreams(), address, sandbox ? [] : undefined),
      ...(sandbox ? sandboxGreeting(address, sandbox) : [`Headgate listens at ${address}/graphql`]),
    ],
    close: (lingerMs) => (closing ??= close(lingerMs)),
  };

  /** Writes that are still open near the end are recorded and answered as unclear, while there are sockets to say so on. */
  async function close(lingerMs?: number): Promise<void> {
    const { writes, polling } = parts;
    const abandon = setTimeout(() => void writes.abandon(), WRITES_STOP_MS);
    await server.close(lingerMs);
    clearTimeout(abandon);
    await polling.close();
    await Promise.race([writes.idle(), writes.abandon()]);
    await Promise.all([parts.close(), sandbox?.close(), health?.close()]);
  }
}

/**
 * Has all instances trust a shared state that came back empty, or the one instance of a folder its clock; says in one line
 * what came of it.
 */
export async function acceptLoss({ secret = '', redisUrl, stateDir }: Config): Promise<string> {
  if (redisUrl === undefined) return acceptClock(stateDir);
  const state = await createState({ redisUrl, secret, report: () => undefined });
  try {
    const accepted = await state.acceptLoss();
    return accepted ? 'accepted: instances go on within seconds' : 'nothing to accept: this was accepted before';
  } catch {
    throw new Error('REDIS_URL: cannot be reached; nothing was accepted');
  } finally {
    await state.close();
  }
}

async function acceptClock(folder: string | undefined): Promise<string> {
  if (folder === undefined) return 'nothing to accept: STATE_DIR is memory, so this state ends with its process';
  const { acceptDate, holdsState } = await import('./state/embedded-store.js');
  if (!holdsState(folder))
    return `nothing to accept: ${folder} (STATE_DIR) holds no state; is it the gateway's folder?`;
  const accepted = await acceptDate(folder);
  if (accepted === undefined)
    return `nothing to accept: for the state in ${folder} (STATE_DIR) the clock of this machine is not in doubt`;
  return `accepted: it is ${new Date(accepted).toISOString()}, and payouts go on`;
}

/** How the server makes contexts, whom it lets see what, and where it tells of what happens. */
function serverOptions(
  config: Config,
  { deps, state, polling, metrics, traces }: Parts,
  deskFolder: string,
): ServerOptions {
  const { log } = deps;
  const { operatorOf } = deps.viewers;
  const isOperator = (header: HeaderReader) => operatorOf(header) !== null;
  const desk = config.desk ? deskFolder : undefined;
  const graph = config.subgraph ? asSubgraph(schema) : schema;
  return {
    schema: traces ? traces.schema(graph) : graph,
    log,
    credentials: deps.viewers,
    createContext: (input) => createContext(deps, input),
    isWatched: createIsWatched({ traces, showCalls: !config.production }),
    contextPerEvent: (context) => ({ ...context, ...(context as Context).renew() }),
    maskError: (error, requestId) =>
      toGraphQLError(error, requestId, (cause) => log.error('masked_error', { requestId, ...describeThrown(cause) })),
    operations: readOperations(OPERATIONS),
    graphiql: config.graphiql,
    desk,
    persisted: readPersisted(config, desk),
    publicForMs: config.providers.bitminter.cacheTtlMs,
    introspection:
      (config.introspection && !config.trustedOnly) ||
      ((header) => operatorOf(header)?.scopes.has('schema:read') === true),
    jit: config.jit,
    corsOrigins: config.corsOrigins,
    corsHeaders: config.corsHeaders,
    maxBodyBytes: config.maxBodyBytes,
    trustProxy: config.trustProxy,
    socketsPerAddress: config.socketsPerAddress,
    maxOperationsInFlight: config.maxOperationsInFlight,
    webSocketLimits: config.webSocketLimits,
    production: config.production,
    // A later loss of the shared state is lived with; starting without it would be a promise not kept.
    ready: () => state.availability() !== 'starting' || 'the shared state (REDIS_URL)',
    healthDetail: (header) =>
      isOperator(header)
        ? {
            providers: healthOf(deps.providers),
            sharedState: state.availability(),
            state: { kind: state.kind, doubt: state.doubt() ?? null, appendonly: state.appendonly?.() },
            streams: deps.streams.size,
            polls: polling.stats(),
          }
        : null,
    operators: deps.viewers.operators,
    operatorName: (header) => operatorOf(header)?.name ?? null,
    ...(metrics ? { metrics: () => metrics.read(), mayReadMetrics: isOperator, onOperation: metrics.operation } : {}),
  };
}

/** The documents that are known by id: those of the deployment, and those of the desk where it is on. */
function readPersisted({ trustedDocuments, trustedOnly }: Config, desk: string | undefined): PersistedSettings {
  const ofDesk = join(desk ?? '', 'documents.json');
  const own = desk !== undefined && existsSync(ofDesk) ? readTrustedDocuments(ofDesk) : nothingPersisted.trusted;
  if (trustedDocuments === undefined) return { trusted: own, trustedOnly };
  return { trusted: new Map([...readDeployedDocuments(trustedDocuments), ...own]), trustedOnly };
}

/** Every upstream as operators see it at /health/ready. */
function healthOf(providers: Providers): readonly object[] {
  return Object.values(providers)
    .flatMap((provider: Provider) => provider.health())
    .map(({ name, enabled, credential, circuit, standing, lastSuccessAt }) => ({
      name,
      enabled,
      credential,
      circuit,
      standing,
      lastSuccessAt: lastSuccessAt === undefined ? null : new Date(lastSuccessAt).toISOString(),
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
    `  Desk           ${address}/desk`,
    `  Operator key   ${sandbox.operatorKey}`,
    '',
    '  Try it from a shell:',
    `  curl ${address}/graphql -H 'content-type: application/json' -H 'x-gateway-key: ${sandbox.operatorKey}' \\`,
    `    -d '{"query":"{ pins(first: 3) { nodes { name cid status } } }"}'`,
    '',
    '  For the programs in examples/, beside HEADGATE_KEY (made up for this sandbox, worth nothing elsewhere):',
    ...Object.entries(sandbox.examples).map(([name, value]) => `  ${name}=${value}`),
    '',
  ];
}
