import { randomBytes } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { createCursors } from './access/cursors.js';
import { createFingerprint } from './access/fingerprint.js';
import { createHealth } from './access/health.js';
import { createIdentities } from './access/identity.js';
import { createPayouts } from './access/payout-caps.js';
import { createRateLimit } from './access/rate-limit.js';
import { createStreamLimits } from './access/stream-limits.js';
import type { Config } from './config.js';
import { createContext, type ContextDeps } from './context.js';
import { createHttp } from './http/client.js';
import type { Logger } from './log.js';
import { createPolling } from './polling/engine.js';
import { createProviders } from './providers/registry.js';
import { startSandbox, type Sandbox } from './sandbox/index.js';
import { toGraphQLError } from './schema/errors.js';
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
  close(): Promise<void>;
}

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
  const http = createHttp(config.http, { log, ...(overrides.dispatcher ? { dispatcher: overrides.dispatcher } : {}) });
  const { readbackDelayMs } = config;
  const { upstreamTimeoutMs, writeTimeoutMs } = config.http;
  const providers = createProviders(config.providers, { http, log, readbackDelayMs, upstreamTimeoutMs, writeTimeoutMs });
  const secret = config.secret === undefined ? randomBytes(32) : Buffer.from(config.secret, 'utf8');
  const state = await createState({ redisUrl: config.redisUrl, secret, report: (event, fields) => log[event === 'state_reached' ? 'info' : 'warn'](event, fields) });
  const polling = createPolling({ log });
  const writeBudgetMs = upstreamTimeoutMs + writeTimeoutMs + 2 * (readbackDelayMs + upstreamTimeoutMs);
  const writes = createWrites({
    records: state.records, log, readbackDelayMs, resendQuarantineMs: config.resendQuarantineMs, writeDeadlineMs: writeBudgetMs,
  });
  const deps: ContextDeps = {
    providers, writes, polling, log, writeBudgetMs,
    operatorKeys: config.operatorKeys,
    fingerprint: createFingerprint(secret),
    cursors: createCursors(secret),
    streams: createStreamLimits({ total: config.maxSubscriptions, perCaller: config.maxSubscriptionsPerCaller }),
    payouts: createPayouts(config.payoutCaps, state.counters),
    identities: createIdentities(providers.pi, config.identity),
    piUserActions: config.piUserActions,
    health: createHealth(Object.values(providers)),
    rateLimit: createRateLimit(config.rateLimitPerMinute),
    operationTimeoutMs: config.operationTimeoutMs,
  };
  const server = createServerApp({
    schema, log,
    createContext: (input) => createContext(deps, input),
    maskError: (error, requestId) => toGraphQLError(error, requestId, (cause) => log.error('masked_error', { requestId, name: nameOf(cause), stack: stackOf(cause) })),
    operations: readOperations(),
    graphiql: config.graphiql,
    introspection: config.introspection,
    corsOrigins: config.corsOrigins,
    maxBodyBytes: config.maxBodyBytes,
    production: config.production,
    ...(sandbox ? { playground: { headers: sandbox.headers } } : {}),
    // A later loss of the shared state is lived with; starting without it would be a promise not kept.
    ready: () => state.availability() !== 'starting',
  });
  return {
    fetch: server.fetch,
    listen: async () => (await server.listen(config.host, config.port)).url,
    greeting: (address) => (sandbox ? sandboxGreeting(address, sandbox) : [`Headgate listens at ${address}/graphql`]),
    async close() {
      await server.close();
      await polling.close();
      // The server's drain waited for running operations; a write still open is recorded, so that a repetition finds its end.
      await Promise.race([writes.idle(), writes.abandon()]);
      await Promise.all([http.close(), state.close(), sandbox?.close()]);
    },
  };
}

const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : typeof cause);
/** Where it happened; the message may quote data, so only the places are kept. */
const stackOf = (cause: unknown): string => (cause instanceof Error ? (cause.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at ')).slice(0, 8).join('\n') : '');

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
