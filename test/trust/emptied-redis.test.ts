import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTestApp, gatewayKey, operatorHeaders, type TestApp } from '../support/create-test-app.js';
import { describeWithRedis, startRedis, type TestRedis } from '../support/start-redis.js';
import { documents, endOf } from './money/documents.js';
import { startUpstreams, type Upstreams } from './money/upstreams.js';

describeWithRedis('payouts over a Redis that loses what it held', () => {
  let redis: TestRedis;
  let admin: Redis;
  let upstreams: Upstreams;
  let app: TestApp;
  beforeEach(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
    upstreams = await startUpstreams();
    app = await createTestApp({
      PI_BASE_URL: `${upstreams.pi.url}/v2`,
      PI_API_KEY: 'server-key',
      GATEWAY_KEYS: gatewayKey('pi:read+pi:payout'),
      PAYOUT_MAX_PER_CALL: '2',
      PAYOUT_MAX_PER_DAY: '3',
      READBACK_DELAY_MS: '1',
      REDIS_URL: redis.url,
      HEADGATE_SECRET: 'a secret for tests only',
    });
  });
  afterEach(async () => {
    await app.close();
    admin.disconnect();
    await Promise.all([upstreams.close(), redis.stop()]);
  });

  async function pay(idempotencyKey: string): Promise<string> {
    const input = { idempotencyKey, userUid: 'uid-of-ben', amount: '2', memo: 'thanks', metadata: {} };
    return endOf(await app.query(documents.createPayment, { input }, operatorHeaders)).what;
  }
  async function readiness(): Promise<unknown> {
    const answer = await app.app.fetch(new Request('http://headgate/health/ready', { headers: operatorHeaders }));
    return answer.json();
  }

  /** Pi lists no payment any more. */
  function completeElsewhere(): void {
    for (const payment of upstreams.payments.values()) {
      payment['status'] = { ...(payment['status'] as object), developer_completed: true };
    }
  }

  it('pays one key once, and forgets no cap, when it is emptied on a connection that lives on', async () => {
    expect(await pay('key')).toBe('CreatePaymentPayload');
    completeElsewhere();
    await admin.flushall();
    const ends = [await pay('key'), await pay('key'), ...(await Promise.all(['key', 'other', 'third'].map(pay)))];
    expect(new Set(ends)).toEqual(new Set(['IDEMPOTENCY_STORE_UNAVAILABLE']));
    expect(upstreams.payouts).toHaveLength(1);
    expect(await readiness()).toMatchObject({ state: { kind: 'redis', doubt: 'emptied', appendonly: 'no' } });
  });

  it('pays one key once when it comes back with an old snapshot', async () => {
    await admin.save();
    expect(await pay('key')).toBe('CreatePaymentPayload');
    completeElsewhere();
    await redis.kill();
    await redis.revive();
    await vi.waitFor(async () => {
      expect(await readiness()).toMatchObject({ sharedState: 'available', state: { doubt: 'emptied' } });
    }, 20_000);
    expect([await pay('key'), await pay('other')]).toEqual(Array(2).fill('IDEMPOTENCY_STORE_UNAVAILABLE'));
    expect(upstreams.payouts).toHaveLength(1);
  });
});
