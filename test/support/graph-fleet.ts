import { spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import type { Settings } from '../../src/settings.js';
import { createTestApp, gatewayKey, operatorHeaders, type GraphAnswer, type TestApp } from './create-test-app.js';
import { fakePinning, type FakePinning } from './fake-pinning.js';
import { fakePi, SERVER_KEY, type FakePi } from './graph-payments.js';
import { startRedis, type TestRedis } from './start-redis.js';
import { product } from './product.js';
import { until } from './until.js';

/** What several instances share: one Redis, one secret, and the upstreams behind them. */
export interface Fleet {
  readonly redis: TestRedis;
  readonly pinning: FakePinning;
  readonly pi: FakePi;
  readonly settings: Settings;
  /** An instance in this process, which has reached Redis. */
  start(settings?: Settings): Promise<TestApp>;
  /** An instance with a process and a port of its own. */
  spawn(settings?: Settings): Promise<SpawnedInstance>;
  /** Everything that lies in Redis now, names included, as one text. */
  contents(): Promise<string>;
  close(): Promise<void>;
}

export interface SpawnedInstance {
  readonly address: string;
  query<Data = Record<string, never>>(text: string, variables?: object): Promise<GraphAnswer<Data>>;
  /** Ends it without a word. */
  kill(): Promise<void>;
  /** Stops it in its tracks: it does nothing until it is thawed, and does not know that it slept. */
  freeze(): void;
  thaw(): void;
}

/** Short waits, as in every test app, for processes that do not start as one. */
const brisk: Settings = {
  CONNECT_TIMEOUT_MS: '5000',
  UPSTREAM_TIMEOUT_MS: '10000',
  WRITE_TIMEOUT_MS: '10000',
  OPERATION_TIMEOUT_MS: '20000',
  READBACK_DELAY_MS: '20',
};

export async function startFleet(extra: Settings = {}): Promise<Fleet> {
  const [redis, pinning, pi] = await Promise.all([startRedis(), fakePinning(), fakePi()]);
  const settings: Settings = {
    REDIS_URL: redis.url,
    HEADGATE_SECRET: 'the-secret-of-this-fleet',
    PINNING_SERVICES: 'acme',
    PINNING_ACME_URL: pinning.url,
    PINNING_ACME_TOKEN: 'the-token-for-acme',
    PI_BASE_URL: `${pi.url}/v2`,
    PI_API_KEY: SERVER_KEY,
    PAYOUT_MAX_PER_CALL: '100',
    PAYOUT_MAX_PER_DAY: '1000',
    GATEWAY_KEYS: gatewayKey('pi:read+pi:approve+pi:complete+pi:cancel+pi:payout+pin:read+pin:write'),
    ...brisk,
    ...extra,
  };
  const open: (() => Promise<void>)[] = [];
  return {
    redis,
    pinning,
    pi,
    settings,
    async start(own = {}) {
      const app = await createTestApp({ ...settings, ...own });
      open.push(() => app.close());
      await untilReady(() => app.app.fetch(new Request('http://gateway.test/health/ready')));
      return app;
    },
    async spawn(own = {}) {
      const instance = await spawnInstance({ ...settings, ...own });
      open.push(() => instance.kill());
      await untilReady(() => fetch(`${instance.address}/health/ready`));
      return instance;
    },
    contents: () => readAll(redis.url),
    async close() {
      for (const end of open.reverse()) await end();
      await Promise.all([pinning.close(), pi.close()]);
      await redis.stop();
    },
  };
}

async function untilReady(ask: () => Response | Promise<Response>): Promise<void> {
  const end = Date.now() + 10_000;
  while ((await ask()).status !== 200) {
    if (Date.now() > end) throw new Error('never became ready');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function spawnInstance(settings: Settings): Promise<SpawnedInstance> {
  const child = spawn(process.execPath, [product()], {
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'silent', STATE_DIR: 'memory', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const addressIn = () => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
  await until(() => addressIn() !== undefined || child.exitCode !== null, 30_000);
  const address = addressIn();
  if (address === undefined) throw new Error(`the instance ended with ${child.exitCode}`);
  return {
    address,
    async query<Data>(query: string, variables?: object) {
      const response = await fetch(`${address}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...operatorHeaders },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphAnswer<Data>;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

async function readAll(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    const values = await Promise.all(
      keys.map(async (key) => {
        const type = await redis.type(key);
        const value =
          type === 'hash'
            ? JSON.stringify(await redis.hgetall(key))
            : type === 'zset'
              ? JSON.stringify(await redis.zrange(key, 0, -1))
              : await redis.get(key);
        return `${key} ${value}`;
      }),
    );
    return values.join('\n');
  } finally {
    redis.disconnect();
  }
}
