import { createHash } from 'node:crypto';
import { startRedis } from '../test/support/start-redis.js';
import { startUpstreams } from './fleet-upstream.js';
import { freePort } from './free-port.js';
import { createInstance, KEY, type Instance } from './instance.js';
import { productArgs, productFile } from '../bench/servers.js';

/** Instances of the gateway with processes of their own, on one Redis. */

export const INTERVAL_MS = 2_000;
export const QUARANTINE_MS = 6_000;
const SCOPES = 'pi:read+pi:payout+pin:read+pin:write+mypit:read+mypit:issue';

export async function startFleet(count: number, extra: Readonly<Record<string, string>> = {}) {
  const [redis, upstreams] = await Promise.all([startRedis(), startUpstreams()]);
  const settings = {
    ...upstreams.settings,
    REDIS_URL: redis.url,
    HEADGATE_SECRET: 'the-secret-of-this-fleet',
    LOG_LEVEL: process.env['FLEET_LOG'] ?? 'silent',
    NODE_ENV: 'production',
    GATEWAY_KEYS: `bench:${createHash('sha256').update(KEY).digest('hex')}:${SCOPES}`,
    PAYOUT_MAX_PER_CALL: '100',
    PAYOUT_MAX_PER_DAY: '1000000',
    MAX_SUBSCRIPTIONS_PER_CALLER: '20000',
    PIN_POLL_INTERVAL_MS: String(INTERVAL_MS),
    RESEND_QUARANTINE_MS: String(QUARANTINE_MS),
    UPSTREAM_TIMEOUT_MS: '3000',
    WRITE_TIMEOUT_MS: '3000',
    READBACK_DELAY_MS: '200',
    ...extra,
  };
  const instances: Instance[] = [];
  for (let number = 1; number <= count; number += 1)
    instances.push(createInstance(`instance ${number}`, await freePort(), settings, [...productArgs, productFile]));
  await Promise.all(instances.map((instance) => instance.start()));
  return {
    redis,
    upstreams,
    instances,
    async close(): Promise<void> {
      await Promise.all(instances.map((instance) => instance.kill()));
      await upstreams.close();
      await redis.stop();
    },
  };
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;
