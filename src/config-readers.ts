import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseOperatorKeys, type OperatorKey } from './access/operators.js';
import type { OperatorScope, PaymentRight } from './access/scopes.js';
import type { SettingsReader } from './providers/provider.js';
import { urlOf } from './settings.js';
import type { ProviderConfigs } from './providers/registry.js';
import { parseDecimal } from './values/decimal.js';

/** How settings are read that are more than a number, a text or a switch. */

/** What Node's own tools use. Nearly `production` must not pass for something else: much is open outside of it. */
export const nodeEnv = z.enum(
  ['production', 'development', 'test'],
  'must be production, development or test in lower-case letters, or unset (which is not production)',
);

/** An address or a name that can be one: digits and points alone are an address, or a mistake. */
export const hostName = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || (/^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/i.test(text) && !/(^|\.)\d+$/.test(text)),
    'must be an address such as 0.0.0.0 or ::, or the name of this machine (the port belongs in PORT)',
  );

export const amount = z.string().transform((text, context) => {
  const decimal = parseDecimal(text);
  if (decimal === undefined || decimal.startsWith('-'))
    context.addIssue({ code: 'custom', message: 'must be an amount of Pi such as 12.5' });
  return decimal ?? '0';
});

const allPiUserActions: ReadonlySet<PaymentRight> = new Set(['pi:approve', 'pi:complete', 'pi:cancel']);
export const piUserActions = z.string().transform((text, context): ReadonlySet<PaymentRight> => {
  const wanted = text.split(',').map((word) => `pi:${word.trim()}`);
  const known = [...allPiUserActions].filter((right) => wanted.includes(right));
  if (known.length !== new Set(wanted).size)
    context.addIssue({ code: 'custom', message: 'may hold approve, complete and cancel, comma-separated' });
  return new Set(known);
});

export function readOperatorKeys(reader: SettingsReader, scopes: readonly OperatorScope[]): readonly OperatorKey[] {
  const text = reader.read('GATEWAY_KEYS', z.string());
  if (text === undefined) return [];
  const keys = parseOperatorKeys(text, scopes);
  if (typeof keys !== 'string') return keys;
  reader.problem('GATEWAY_KEYS', keys);
  return [];
}

/** One cap without the other would keep payouts off, and nobody would know why. */
export function requirePair(reader: SettingsReader, first: string, second: string): void {
  for (const [set, missing] of [
    [first, second],
    [second, first],
  ] as const)
    if (reader.has(set) && !reader.has(missing))
      reader.problem(missing, `is needed beside ${set}: both caps hold, and 0 for either keeps payouts off`);
}

/** Pi's own ledgers, by the network that they are the ledger of. */
const LEDGERS: ReadonlyMap<string, 'MAINNET' | 'TESTNET'> = new Map([
  ['api.mainnet.minepi.com', 'MAINNET'],
  ['api.testnet.minepi.com', 'TESTNET'],
]);

/** On another network's ledger no payment of ours is ever found, and what was paid would look unpaid. */
export function requireOneNetwork(reader: SettingsReader, { pi, ledger }: ProviderConfigs): void {
  if (pi.network === undefined || ledger.baseUrl === undefined) return;
  const network = LEDGERS.get(new URL(ledger.baseUrl).hostname.replace(/\.$/, ''));
  if (network !== undefined && network !== pi.network)
    reader.problem('PI_LEDGER_URL', `is the ledger of the ${network.toLowerCase()}, and PI_NETWORK is the other one`);
}

const REDIS_PROTOCOLS: ReadonlySet<string> = new Set(['redis:', 'rediss:']);

export function readRedisUrl(reader: SettingsReader): string | undefined {
  const url = reader.read(
    'REDIS_URL',
    z.string().refine((text) => {
      return REDIS_PROTOCOLS.has(urlOf(text)?.protocol ?? '');
    }, 'must be a URL such as redis://host:6379 or rediss://user:password@host:6380/0'),
  );
  // Instances with keys of their own would neither find each other's records nor read each other's cursors.
  if (reader.has('REDIS_URL') && !reader.has('HEADGATE_SECRET'))
    reader.problem('HEADGATE_SECRET', 'is required with REDIS_URL, the same on every instance');
  return url;
}

/** In place of a folder: the state ends with the process. */
export const IN_MEMORY = 'memory';

/** The sandbox forgets what it did, and so does its state, unless a folder is asked for. */
export function readStateDir(reader: SettingsReader, configured: boolean): string | undefined {
  const folder = reader.read('STATE_DIR', z.string()) ?? (configured ? '.headgate' : IN_MEMORY);
  return reader.has('REDIS_URL') || folder === IN_MEMORY ? undefined : resolve(folder);
}

const isOrigin = (text: string): boolean => /^https?:\/\/[^/?#@\s]+$/.test(text) && urlOf(text) !== undefined;

export function readOrigins(reader: SettingsReader): readonly string[] {
  const origins = (reader.read('CORS_ORIGINS', z.string()) ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);
  for (const origin of origins) {
    if (isOrigin(origin)) continue;
    if (isOrigin(origin.replace(/\/+$/, '')))
      reader.problem('CORS_ORIGINS', 'an entry ends in a slash, which no origin does: leave it out');
    else reader.problem('CORS_ORIGINS', 'every entry must be an origin such as https://app.example (no path, no *)');
  }
  // As browsers write them.
  return origins.map((origin) => (URL.canParse(origin) ? new URL(origin).origin : origin));
}

export function readHeaderNames(reader: SettingsReader): readonly string[] {
  const names = (reader.read('CORS_HEADERS', z.string()) ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  if (!names.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) || names.includes('*'))
    reader.problem('CORS_HEADERS', 'every entry must be the name of a header such as x-app-version');
  return names;
}

const collector = z.string().refine((text) => {
  const url = urlOf(text);
  if (url === undefined) return false;
  const { protocol, username, search, hash } = url;
  return /^https?:$/.test(protocol) && username === '' && search === '' && hash === '';
}, 'must be an http(s) address without user, query or fragment');

/** The standard settings of OpenTelemetry: the collector's address for traces, or one for all signals that it is derived from. */
export function readTracesUrl(reader: SettingsReader): string | undefined {
  const own = reader.read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', collector);
  const shared = reader.read('OTEL_EXPORTER_OTLP_ENDPOINT', collector);
  if (reader.read('OTEL_SDK_DISABLED', z.string())?.toLowerCase() === 'true') return undefined;
  return own ?? (shared === undefined ? undefined : `${shared.replace(/\/+$/, '')}/v1/traces`);
}
