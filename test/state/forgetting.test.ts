import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { createLogger } from '../../src/observability/logger.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { gatewayKey, operatorKey } from '../support/create-test-app.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(settings: Readonly<Record<string, string>>) {
  const pi = await fakeUpstream(() => ({ status: 500 }));
  closers.push(() => pi.close());
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const config = readConfig({
    STATE_DIR: 'memory',
    NODE_ENV: 'production',
    PI_BASE_URL: `${pi.url}/v2`,
    PI_API_KEY: 'key',
    GATEWAY_KEYS: gatewayKey('pi:payout+ops:read'),
    ...settings,
  });
  const app = await createApp(config, { log: createLogger('info', sink) });
  closers.push(() => app.close());
  return { app, pi, warned: () => lines.filter((line) => line.includes('"state_in_memory"')) };
}

async function pay(app: App): Promise<unknown> {
  const answer = await app.fetch(
    new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gateway-key': operatorKey },
      body: JSON.stringify({
        query:
          'mutation { createPayment(input: { userUid: "u", amount: "1", memo: "m", metadata: {}, idempotencyKey: "k-1" }) { __typename } }',
      }),
    }),
  );
  return answer.json();
}

const caps = { PAYOUT_MAX_PER_CALL: '5', PAYOUT_MAX_PER_DAY: '10' };

describe('a state that ends with its process', () => {
  it('is trusted with no payout in production, which is told once', async () => {
    const { app, pi, warned } = await start(caps);
    expect(await pay(app)).toMatchObject({ errors: [{ extensions: { code: 'IDEMPOTENCY_STORE_UNAVAILABLE' } }] });
    expect(pi.requests).toEqual([]);
    expect(warned()).toHaveLength(1);
    expect(warned()[0]).toContain('payouts and badges are refused');
    const { state } = (await (
      await app.fetch(new Request('http://gateway.test/health/ready', { headers: { 'x-gateway-key': operatorKey } }))
    ).json()) as { state: unknown };
    expect(state).toMatchObject({ kind: 'memory', doubt: 'forgets' });
  });

  it('is not complained of where nothing that costs money may be asked for', async () => {
    expect((await start({})).warned()).toEqual([]);
  });

  it('is trusted elsewhere', async () => {
    const { app, pi, warned } = await start({ ...caps, NODE_ENV: 'development' });
    await pay(app);
    expect(pi.requests.length).toBeGreaterThan(0);
    expect(warned()).toEqual([]);
  });
});
