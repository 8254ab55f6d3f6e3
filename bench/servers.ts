import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { payment } from './data.js';
import { start, type Started } from './processes.js';

const key = 'bench-key';
const scopes = 'pin:read+mypit:read+mypit:pii+pi:read+bm:read';

/** What `npm start` gives to Node: the built product is measured, as it is started. */
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: { readonly start: string };
};
const command = scripts.start.split(' ').slice(1);
export const productArgs: readonly string[] = command.slice(0, -1);
export const productFile = resolve(command.at(-1) ?? '');

/** What a client of the gateway sends. */
export const headers = {
  'content-type': 'application/json',
  accept: 'application/json',
  'x-gateway-key': key,
} as const;

export const startUpstream = (core: number | string): Promise<Started> => start({ core, file: './upstream.js' });
export const startFloor = (core: number, upstream: Started): Promise<Started> =>
  start({ core, file: './floor.js', args: [upstream.url, payment.identifier] });
export const startPlainProxy = (core: number, upstream: Started): Promise<Started> =>
  start({ core, file: './plain-proxy.js', args: [upstream.url, payment.identifier] });

/** The settings of the built gateway in production mode: every provider configured. */
export function gatewaySettings(upstream: Started): Readonly<Record<string, string>> {
  return {
    PORT: '0',
    NODE_ENV: 'production',
    GATEWAY_KEYS: `bench:${createHash('sha256').update(key).digest('hex')}:${scopes}`,
    PINNING_SERVICES: 'bench',
    STATE_DIR: 'memory',
    PINNING_BENCH_URL: upstream.url,
    PINNING_BENCH_TOKEN: 'token',
    PIN_POLL_INTERVAL_MS: '1000',
    MAX_SUBSCRIPTIONS_PER_CALLER: '2000',
    MYPIT_BASE_URL: upstream.url,
    MYPIT_CLIENT_ID: 'client',
    MYPIT_SECRET_KEY: 'secret',
    MYPIT_USER_ID: 'user',
    BITMINTER_BASE_URL: upstream.url,
    BITMINTER_API_KEY: 'miner',
    PI_BASE_URL: upstream.url,
    PI_API_KEY: 'pi',
  };
}

/** The built gateway in production mode: rights, limits, logs, metrics and masking on, every provider configured. */
export function startGateway(
  core: number,
  upstream: Started,
  env: NodeJS.ProcessEnv = {},
  nodeArgs: readonly string[] = [],
  file = productFile,
): Promise<Started> {
  return start({
    core,
    nodeArgs: [...productArgs, ...nodeArgs],
    file,
    env: { ...gatewaySettings(upstream), ...env },
  });
}
