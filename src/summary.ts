import type { Config } from './config.js';
import type { UpstreamHealth } from './providers/provider.js';
import { mostHeldByOne } from './values/call-room.js';
import { compareDecimals } from './values/decimal.js';
import { version } from './version.js';

/** What a gateway is set up to do, fit to be shown: no secret is in it. */
export interface Summary {
  readonly version: string;
  readonly production: boolean;
  readonly providers: readonly { readonly name: string; readonly enabled: boolean; readonly credential: boolean }[];
  readonly keys: readonly { readonly name: string; readonly scopes: readonly string[] }[];
  /** Where write records, caps and limits are. */
  readonly state: string;
  /** The caps in Pi; `off` while either is 0. */
  readonly payouts: 'off' | { readonly perCall: string; readonly perDay: string };
  readonly piUserActions: readonly string[];
  readonly streams: { readonly most: number; readonly perCaller: number };
  /** Which documents are answered: any text, any text and by id those that are listed at `TRUSTED_DOCUMENTS`, or these alone. */
  readonly documents: { readonly text: boolean; readonly trusted: string | null };
  /** What is open beside the graph itself. */
  readonly exposed: {
    readonly graphiql: boolean;
    readonly desk: boolean;
    readonly introspection: boolean;
    readonly subgraph: boolean;
    readonly metrics: 'off' | 'anyone' | 'operators';
    readonly corsOrigins: readonly string[];
  };
}

/** Sums a configuration up, for the line at the start and for `headgate check`. */
export function summarize(config: Config, providers: readonly UpstreamHealth[]): Summary {
  const { perCall, perDay } = config.payoutCaps;
  return {
    version,
    production: config.production,
    providers: providers.map(({ name, enabled, credential }) => ({ name, enabled, credential })),
    keys: config.operatorKeys.map(({ name, scopes }) => ({ name, scopes: [...scopes] })),
    state: stateOf(config),
    payouts: perCall === '0' || perDay === '0' ? 'off' : { perCall, perDay },
    piUserActions: [...config.piUserActions],
    streams: { most: config.maxSubscriptions, perCaller: config.maxSubscriptionsPerCaller },
    documents: { text: !config.trustedOnly, trusted: config.trustedDocuments ?? null },
    exposed: {
      graphiql: config.graphiql,
      desk: config.desk,
      introspection: config.introspection,
      subgraph: config.subgraph,
      metrics: !config.metrics ? 'off' : config.production ? 'operators' : 'anyone',
      corsOrigins: config.corsOrigins,
    },
  };
}

/** Whether payouts or badges may be asked for, which must never be done twice. */
export function maySpend({ payoutCaps }: Config, providers: readonly UpstreamHealth[]): boolean {
  return paysOut(payoutCaps) || providers.some(({ name, credential }) => name === 'mypit' && credential);
}

function paysOut({ perCall, perDay }: Config['payoutCaps']): boolean {
  return perCall !== '0' && perDay !== '0';
}

/** Said where a state of production ends with its process. */
export const STATE_IN_MEMORY =
  'STATE_DIR is memory: payouts and badges are refused, because their keys would be forgotten with this process; ' +
  'name a folder, or set REDIS_URL';

/** What is set up in a way that somebody may regret; each says what to do. */
export function warningsOf(config: Config, providers: readonly UpstreamHealth[]): readonly string[] {
  const { production, operatorKeys, payoutCaps, piUserActions, graphiql, introspection, host } = config;
  const may = (scope: string) => operatorKeys.some(({ scopes }) => [...scopes].some((one) => one === scope));
  const payouts = paysOut(payoutCaps);
  const unbacked = (family: string, provider: string) =>
    operatorKeys.some(({ scopes }) => [...scopes].some((one) => one.startsWith(`${family}:`))) &&
    !providers.some(({ name, credential }) => credential && (name === provider || name.startsWith(`${provider}:`)));
  const withCredential = providers.filter(({ credential }) => credential);
  const held = mostHeldByOne(config.http.upstreamConcurrency);
  const local = /^(localhost|127\.|::1|\[::1\])/.test(host);
  const warnings: readonly (readonly [boolean, string])[] = [
    [
      operatorKeys.length === 0 && withCredential.length > 0,
      'GATEWAY_KEYS is empty: nobody can use the credentials of this server; `headgate key` makes one',
    ],
    [
      production && withCredential.length === 0,
      'no provider has a credential: only callers with one of their own get answers',
    ],
    [unbacked('pi', 'pi'), 'a key has scopes of Pi, but PI_API_KEY is not set: nothing can be done with them'],
    [
      unbacked('mypit', 'mypit'),
      'a key has scopes of MyPit, but MYPIT_CLIENT_ID, MYPIT_SECRET_KEY and MYPIT_USER_ID are not set: nothing can be done with them',
    ],
    [
      unbacked('pin', 'pinning'),
      'a key has scopes of pinning, but no service has a token (PINNING_…_TOKEN): nothing can be done with them',
    ],
    [payouts && !may('pi:payout'), 'payouts are on, but no key has the scope pi:payout'],
    [!payouts && may('pi:payout'), 'a key has pi:payout, but payouts are off until both PAYOUT_MAX_… are above 0'],
    [
      piUserActions.has('pi:approve') || piUserActions.has('pi:complete'),
      'PI_USER_ACTIONS lets users approve or complete payments that your shop never saw; see SECURITY.md',
    ],
    [
      payouts && compareDecimals(payoutCaps.perDay, payoutCaps.perCall) < 0,
      'PAYOUT_MAX_PER_DAY is below PAYOUT_MAX_PER_CALL: no payout above the cap of the day is ever made',
    ],
    [production && graphiql, 'GRAPHIQL is on in production'],
    [production && introspection, 'INTROSPECTION is on in production: anybody can read the schema'],
    [production && stateOf(config) === 'memory' && maySpend(config, providers), STATE_IN_MEMORY],
    [!production && !local, 'HOST is open to the network, and NODE_ENV is not production'],
    [
      production && stateOf(config) === 'memory' && config.secret === undefined,
      'HEADGATE_SECRET is not set, and STATE_DIR is memory: a restart makes another one, and cursors of before are refused',
    ],
    [
      production && stateOf(config) === 'embedded' && config.secret === undefined,
      'HEADGATE_SECRET is not set: this instance makes one in STATE_DIR; keep that folder',
    ],
    [
      config.maxOperationsInFlight < held,
      `MAX_OPERATIONS_IN_FLIGHT is below ${held}, what the calls to one slow upstream may hold at this UPSTREAM_CONCURRENCY: ` +
        'such an upstream alone would have all operations refused',
    ],
  ];
  return warnings.filter(([applies]) => applies).map(([, text]) => text);
}

/** The one line at the start: what this process is set up to do, as JSON. */
export function startLine(
  config: Config,
  providers: readonly UpstreamHealth[],
  address: string,
  warnings = warningsOf(config, providers),
): string {
  const about = { ...summarize(config, providers), ...(warnings.length > 0 ? { warnings } : {}) };
  return JSON.stringify({ level: 'info', time: new Date().toISOString(), event: 'started', address, ...about });
}

function stateOf({ redisUrl, sandboxed, stateDir }: Config): string {
  if (redisUrl !== undefined) return 'redis';
  return sandboxed || stateDir === undefined ? 'memory' : 'embedded';
}
