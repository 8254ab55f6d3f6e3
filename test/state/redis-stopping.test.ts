import { spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { describeWithRedis, startRedis } from '../support/start-redis.js';

describeWithRedis('a Redis for tests', () => {
  it('is known to have ended, though it speaks to the last', async () => {
    for (let round = 0; round < 20; round += 1) {
      const redis = await startRedis();
      const admin = new Redis(redis.url);
      admin.on('error', () => undefined);
      await admin.config('SET', 'loglevel', 'debug');
      // It logs each of them, and the rewriting too.
      void Promise.allSettled(Array.from({ length: 200 }, () => admin.config('SET', 'appendonly', 'yes')));
      await admin.ping();
      await redis.stop();
      admin.disconnect();
      expect(spawnSync('redis-cli', ['-u', redis.url, 'ping']).stdout.toString()).toBe('');
    }
  }, 20_000);
});
