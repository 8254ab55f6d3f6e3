import { z } from 'zod';
import type { IdentitySettings } from './access/identity.js';
import type { OperatorKey } from './access/operators.js';
import type { PayoutCaps } from './access/payout-caps.js';
import { operatorScopes, type PaymentRight } from './access/scopes.js';
import {
  amount,
  hostName,
  IN_MEMORY,
  nodeEnv,
  piUserActions,
  readHeaderNames,
  readOperatorKeys,
  readOrigins,
  readRedisUrl,
  readStateDir,
  readTracesUrl,
  requireOneNetwork,
  requirePair,
} from './config-readers.js';
import { envFileFaults, loadEnvFile } from './env-file.js';
import {
  isConfigured,
  providerScopes,
  readProviderConfigs,
  registry,
  type Definitions,
  type ProviderConfigs,
} from './providers/registry.js';
import { defaultWebSocketLimits, type WebSocketLimits } from './server/options.js';
import { createSettingsReader, onOff, wholeNumber, type Settings } from './settings.js';
import type { HttpSettings } from './upstream/http.js';

export { ConfigError } from './settings.js';

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Everything that can be set, checked and typed. Nothing else in the code reads the environment. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Where a thread of its own answers for liveness; undefined = only the main port does. */
  readonly healthPort: number | undefined;
  readonly operatorKeys: readonly OperatorKey[];
  /** Key of fingerprints, cursors and the state; undefined = one that is made, and kept with the state if that is kept. */
  readonly secret: string | undefined;
  /** Where instances share their state; undefined = this process shares with nobody. */
  readonly redisUrl: string | undefined;
  /** Where a process that shares with nobody keeps its state; undefined = it ends with the process. */
  readonly stateDir: string | undefined;
  /** How long payouts and issued badges are remembered by their keys. */
  readonly writeRecordMs: number;
  readonly graphiql: boolean;
  /** Whether operators find the desk at /desk. */
  readonly desk: boolean;
  readonly introspection: boolean;
  /** Folder or file of the documents that are known by id. */
  readonly trustedDocuments: string | undefined;
  /** Whether no other document is answered. */
  readonly trustedOnly: boolean;
  /** Whether the graph can be composed with others (`_service`, `_entities`). */
  readonly subgraph: boolean;
  /** Whether queries that come often are compiled. */
  readonly jit: boolean;
  readonly corsOrigins: readonly string[];
  /** Request headers that pages of those origins may send besides ours. */
  readonly corsHeaders: readonly string[];
  readonly logLevel: LogLevel;
  readonly metrics: boolean;
  /** Where traces are delivered (OTLP over HTTP); undefined = nothing is traced. */
  readonly tracesUrl: string | undefined;
  readonly http: HttpSettings;
  readonly operationTimeoutMs: number;
  readonly readbackDelayMs: number;
  readonly resendQuarantineMs: number;
  readonly maxSubscriptions: number;
  readonly maxSubscriptionsPerCaller: number;
  readonly maxBodyBytes: number;
  /** Proxies in front of this instance whose word of a caller's address is believed. */
  readonly trustProxy: number;
  /** WebSockets and event streams that one address may have open. */
  readonly socketsPerAddress: number;
  /** Operations begun and not yet answered, streams left out; all beyond are refused. */
  readonly maxOperationsInFlight: number;
  /** How much one WebSocket may ask for. */
  readonly webSocketLimits: Omit<WebSocketLimits, 'bytesPerMessage'>;
  /** Upstream calls per caller and minute; 0 = no limit. */
  readonly rateLimitPerMinute: number;
  readonly identity: IdentitySettings;
  readonly payoutCaps: PayoutCaps;
  /** What a Pi user may do to their own payments. */
  readonly piUserActions: ReadonlySet<PaymentRight>;
  readonly providers: ProviderConfigs;
  /** Set when nothing is configured: makes the configuration that points at an embedded sandbox. */
  readonly sandboxed: ((settings: Settings) => Config) | null;
}

const DAY = 86_400_000;

/** The environment, completed by a file `.env` in the working directory; what is set already wins. */
function environment(): Settings {
  loadEnvFile();
  return process.env;
}

/** Whether npm or npx started this process. */
export function isStartedByNpm(env: NodeJS.ProcessEnv = process.env): boolean {
  return env['npm_execpath'] !== undefined;
}

const WEAK = 'is too easy to guess: `openssl rand -hex 32` prints a good one';
/** Fewer kinds of characters has no text that was made by chance. */
const LEAST_KINDS = 6;
const secretText = z
  .string()
  .min(16, 'must have at least 16 characters')
  .refine((text) => new Set(text).size >= LEAST_KINDS, WEAK);

/** Reads all settings, those of the given providers among them; throws one ConfigError that names every problem. */
export function readConfig(given?: Settings, providers: Definitions = registry): Config {
  const settings = given ?? environment();
  const reader = createSettingsReader(settings);
  if (given === undefined) for (const fault of envFileFaults()) reader.problem('.env', fault);
  const production = reader.read('NODE_ENV', nodeEnv) === 'production';
  const configured = isConfigured(reader, providers);
  if (!configured && production) {
    reader.problem(
      'PI_API_KEY, MYPIT_CLIENT_ID, PINNING_PINATA_TOKEN, PINNING_SERVICES or BITMINTER_BASE_URL',
      'nothing is configured; set at least one (the sandbox is not for production)',
    );
  }
  const number = (name: string, fallback: number, min = 1, max = DAY) =>
    reader.read(name, wholeNumber(min, max), fallback) ?? fallback;
  const timeouts = {
    connectTimeoutMs: number('CONNECT_TIMEOUT_MS', 2_000),
    upstreamTimeoutMs: number('UPSTREAM_TIMEOUT_MS', 8_000),
    writeTimeoutMs: number('WRITE_TIMEOUT_MS', 20_000),
  };
  const trustedOnly = reader.read('TRUSTED_ONLY', onOff, false) ?? false;
  const config: Config = {
    production,
    host: reader.read('HOST', hostName, '127.0.0.1') ?? '127.0.0.1',
    port: number('PORT', 4000, 0, 65_535),
    healthPort: reader.read('HEALTH_PORT', wholeNumber(1, 65_535)),
    operatorKeys: readOperatorKeys(reader, operatorScopes(providerScopes(providers))),
    secret: reader.read('HEADGATE_SECRET', secretText),
    redisUrl: readRedisUrl(reader),
    stateDir: readStateDir(reader, configured),
    writeRecordMs: number('WRITE_RECORD_DAYS', 30, 1, 3_650) * DAY,
    graphiql: reader.read('GRAPHIQL', onOff, !production && !trustedOnly) ?? false,
    desk: reader.read('DESK', onOff, !production) ?? false,
    trustedDocuments: reader.read('TRUSTED_DOCUMENTS', z.string()),
    trustedOnly,
    subgraph: reader.read('SUBGRAPH', onOff, false) ?? false,
    introspection: reader.read('INTROSPECTION', onOff, !production) ?? false,
    jit: reader.read('JIT', onOff, true) ?? true,
    corsOrigins: readOrigins(reader),
    corsHeaders: readHeaderNames(reader),
    logLevel: reader.read('LOG_LEVEL', z.enum(logLevels, `must be one of ${logLevels.join(' ')}`), 'info') ?? 'info',
    metrics: reader.read('METRICS', onOff, true) ?? false,
    tracesUrl: readTracesUrl(reader),
    http: {
      ...timeouts,
      breakerWindowMs: number('BREAKER_WINDOW_MS', 10_000),
      breakerMinRequests: number('BREAKER_MIN_REQUESTS', 20, 1, 1_000_000),
      breakerSleepMs: number('BREAKER_SLEEP_MS', 5_000),
      upstreamConcurrency: number('UPSTREAM_CONCURRENCY', 100, 1, 10_000),
      upstreamMaxBytes: number('UPSTREAM_MAX_BYTES', 8_388_608, 1_024, 268_435_456),
    },
    operationTimeoutMs: number('OPERATION_TIMEOUT_MS', 15_000),
    readbackDelayMs: number('READBACK_DELAY_MS', 2_000, 0),
    resendQuarantineMs: number('RESEND_QUARANTINE_MS', 60_000, 0),
    maxSubscriptions: number('MAX_SUBSCRIPTIONS', 20_000, 1, 1_000_000),
    maxSubscriptionsPerCaller: number('MAX_SUBSCRIPTIONS_PER_CALLER', 100, 1, 1_000_000),
    trustProxy: number('TRUST_PROXY', 0, 0, 10),
    socketsPerAddress: number('SOCKETS_PER_ADDRESS', 2_000, 1, 1_000_000),
    maxBodyBytes: number('MAX_BODY_BYTES', 262_144, 1_024, 16_777_216),
    maxOperationsInFlight: number('MAX_OPERATIONS_IN_FLIGHT', 4_000, 1, 1_000_000),
    webSocketLimits: {
      messagesPerSecond: number('WS_MESSAGES_PER_SECOND', defaultWebSocketLimits.messagesPerSecond, 1, 1_000_000),
      operationsPerSocket: number('WS_OPERATIONS_PER_SOCKET', defaultWebSocketLimits.operationsPerSocket, 1, 1_000_000),
    },
    rateLimitPerMinute: number('RATE_LIMIT_PER_MINUTE', 0, 0, 1_000_000_000),
    identity: {
      ttlMs: number('ME_CACHE_TTL_MS', 60_000, 0),
      negativeTtlMs: number('ME_NEGATIVE_TTL_MS', 5_000, 0),
      timeoutMs: timeouts.upstreamTimeoutMs,
    },
    payoutCaps: {
      perCall: reader.read('PAYOUT_MAX_PER_CALL', amount, '0') ?? '0',
      perDay: reader.read('PAYOUT_MAX_PER_DAY', amount, '0') ?? '0',
    },
    piUserActions: reader.read('PI_USER_ACTIONS', piUserActions, new Set()) ?? new Set(),
    providers: readProviderConfigs(reader, providers),
    sandboxed: configured ? null : (extra) => readConfig(joinSettings(settings, extra), providers),
  };
  requirePair(reader, 'PAYOUT_MAX_PER_CALL', 'PAYOUT_MAX_PER_DAY');
  requireOneNetwork(reader, config.providers);
  if (config.healthPort === config.port)
    reader.problem('HEALTH_PORT', 'must be another port than PORT: the same cannot be listened on twice');
  // The desk brings documents of its own; only whoever switched it on by name can want nothing but these.
  const deskAlone = reader.has('DESK') && config.desk;
  if (trustedOnly && config.trustedDocuments === undefined && !deskAlone)
    reader.problem('TRUSTED_DOCUMENTS', "is required: TRUSTED_ONLY is on (or DESK=on, for the desk's own alone)");
  if (trustedOnly && config.subgraph) reader.problem('SUBGRAPH', 'cannot be on: TRUSTED_ONLY is on');
  if (trustedOnly && config.graphiql) reader.problem('GRAPHIQL', 'cannot be on: TRUSTED_ONLY is on');
  reader.finish();
  return config;
}

/** The names of all settings that a start may read, but for those of pinning services, which have names of their own. */
export function settingNames(): ReadonlySet<string> {
  const names = new Set<string>();
  const watched: Settings = new Proxy<Settings>(
    {},
    { get: (_target, name) => (typeof name === 'string' ? (names.add(name), undefined) : undefined) },
  );
  readConfig(watched);
  return names;
}

/** The sandbox's settings join the caller's own, which win; operator keys of both are kept. What it forgets, its state forgets. */
function joinSettings(own: Settings, extra: Settings): Settings {
  const keys = [own['GATEWAY_KEYS'], extra['GATEWAY_KEYS']].filter(Boolean).join(',');
  const set = Object.fromEntries(Object.entries(own).filter(([, value]) => value));
  return { STATE_DIR: IN_MEMORY, ...extra, ...set, GATEWAY_KEYS: keys };
}
