import { afterEach, describe, expect, it } from 'vitest';
import { createTestApp, gatewayKey, operatorHeaders, type TestApp } from '../support/create-test-app.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { wireUser } from '../support/graph-payments.js';
import { wirePin } from '../support/graph-pins.js';

/** Whom limits take a caller for: a made-up header is nobody new, and what a provider has accepted is somebody. */

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(
  settings: Record<string, string>,
): Promise<{ readonly app: TestApp; readonly upstream: FakeUpstream }> {
  const upstream = await fakeUpstream(({ path, headers }) => {
    const token = headers.authorization ?? '';
    if (!token.includes('good')) return { status: 401, body: { error: { reason: 'UNAUTHORIZED' } } };
    if (path === '/v2/me') return { body: wireUser(`uid of ${token.slice(-1)}`) };
    return { body: wirePin(path.split('/').at(-1) ?? '', { status: 'queued' }) };
  });
  closers.push(() => upstream.close());
  const app = await createTestApp({
    PI_BASE_URL: `${upstream.url}/v2`,
    PINNING_SERVICES: 'acme',
    PINNING_ACME_URL: upstream.url,
    PINNING_ACME_TOKEN: 'good-server',
    GATEWAY_KEYS: gatewayKey('pin:read'),
    BREAKER_MIN_REQUESTS: '1000',
    ...settings,
  });
  closers.push(() => app.close());
  return { app, upstream };
}

const codeOf = ({ errors }: Awaited<ReturnType<TestApp['query']>>) => errors?.[0]?.extensions['code'] ?? 'fine';
const pinWith = (app: TestApp, headers: Record<string, string>) =>
  app.query('{ pin(requestId: "r1") { status } }', {}, headers);

describe('the rate limit', () => {
  it('counts made-up credentials for the address that they come from', async () => {
    const { app, upstream } = await start({ RATE_LIMIT_PER_MINUTE: '5' });
    const codes: unknown[] = [];
    for (let i = 0; i < 8; i += 1) codes.push(codeOf(await pinWith(app, { 'x-pinning-token': `made-up-${i}` })));
    expect(codes).toEqual([
      ...Array.from({ length: 5 }, () => 'UNAUTHENTICATED'),
      ...Array.from({ length: 3 }, () => 'TOO_MANY_REQUESTS'),
    ]);
    const before = upstream.requests.length;
    for (let i = 0; i < 8; i += 1) await app.query('{ me { uid } }', {}, { authorization: `Bearer junk-${i}` });
    expect(upstream.requests.length).toBe(before);
    expect(codeOf(await pinWith(app, operatorHeaders))).toBe('fine');
  });

  it('gives each account that its provider accepts a share of its own', async () => {
    const { app } = await start({ RATE_LIMIT_PER_MINUTE: '3' });
    const first = { 'x-pinning-token': 'good-1' };
    const second = { 'x-pinning-token': 'good-2' };
    for (const headers of [first, second]) expect(codeOf(await pinWith(app, headers))).toBe('fine');
    // Both are known now; what follows counts for each.
    for (const headers of [first, second])
      expect([
        codeOf(await pinWith(app, headers)),
        codeOf(await pinWith(app, headers)),
        codeOf(await pinWith(app, headers)),
        codeOf(await pinWith(app, headers)),
      ]).toEqual(['fine', 'fine', 'fine', 'TOO_MANY_REQUESTS']);
  });

  it('is one for a user, whatever else comes along', async () => {
    const { app } = await start({ RATE_LIMIT_PER_MINUTE: '4' });
    const user = { authorization: 'Bearer good-a' };
    expect(codeOf(await app.query('{ me { uid } }', {}, user))).toBe('fine');
    const codes: unknown[] = [];
    for (let i = 0; i < 6; i += 1)
      codes.push(codeOf(await pinWith(app, { ...user, 'x-pinning-token': `good-${i}`, 'x-bitminter-key': `k${i}` })));
    expect(codes.filter((code) => code === 'fine')).toHaveLength(4);
  });
});

describe('the cap on streams', () => {
  it('cannot be filled with made-up credentials', async () => {
    const { app } = await start({ MAX_SUBSCRIPTIONS: '6', MAX_SUBSCRIPTIONS_PER_CALLER: '3' });
    const leave = new AbortController();
    const open = (headers: Record<string, string>) =>
      app.subscribe('subscription { pinStatus(requestId: "r1") { status } }', {}, headers, leave.signal).next();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => open({ 'x-pinning-token': `good-unknown-${i}` })),
    );
    const refused = answers.filter(({ value }) => value !== undefined && codeOf(value) === 'SUBSCRIPTION_LIMIT');
    expect(refused).toHaveLength(17);
    const { value } = await open(operatorHeaders);
    expect(value?.errors).toBeUndefined();
    leave.abort();
  });
});
