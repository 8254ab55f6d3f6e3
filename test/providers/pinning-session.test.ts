import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { silentLogger } from '../../src/log.js';
import { pinning } from '../../src/providers/pinning/index.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { attemptOf, pinningHarness, pinOf } from '../support/pinning-harness.js';
import { createTestHttp } from '../support/test-http.js';

const A = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await fakeUpstream(() => ({ status: 500 }));
});
afterAll(() => upstream.close());

describe('the provider', () => {
  it("pings with the server's token and one cheap listing; health names the service", async () => {
    const harness = pinningHarness(upstream.url);
    upstream.requests.length = 0;
    upstream.answer(() => ({ body: { count: 0, results: [] } }));
    await harness.provider.ping('pinning:acme', { deadline: monotonicNow() + 2000 });
    expect(upstream.requests[0]).toMatchObject({
      url: '/pins?status=pinned&limit=1',
      headers: { authorization: 'Bearer secret-token' },
    });
    expect(harness.provider.health()).toMatchObject([{ name: 'pinning:acme', enabled: true, circuit: 'CLOSED' }]);
    await expect(harness.provider.ping('pinning:other', { deadline: monotonicNow() + 2000 })).rejects.toMatchObject({
      code: 'PROVIDER_DISABLED',
    });
    expect(() =>
      harness.provider.open('other', { source: 'caller', fingerprint: 'f', fields: { token: 't' } }, { deadline: 0 }),
    ).toThrow('service');
    await harness.http.close();
  });

  it('checks request ids before anything is sent', async () => {
    const harness = pinningHarness(upstream.url);
    upstream.requests.length = 0;
    for (const id of ['', '.', '..', 'a\u0000', 'x'.repeat(513), '\ud800']) {
      await expect(harness.session().pin(id)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      await expect(harness.session().remove(id)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    await expect(harness.session().add(pinOf(A, { meta: { gw_idem: 'x' } }), attemptOf())).rejects.toMatchObject({
      issues: [{ path: ['input', 'meta', 'gw_idem'] }],
    });
    expect(upstream.requests).toEqual([]);
    await harness.http.close();
  });

  it('without a token of its own, takes a refusal for a sign of life', async () => {
    const http = createTestHttp();
    const provider = pinning.create(
      { services: [{ name: 'open', baseUrl: upstream.url, token: undefined }], pollIntervalMs: 20 },
      { http, log: silentLogger, readbackDelayMs: 5, upstreamTimeoutMs: 400, writeTimeoutMs: 400 },
    );
    upstream.requests.length = 0;
    upstream.answer(() => ({ status: 401, body: { error: { reason: 'UNAUTHORIZED' } } }));
    await provider.ping('pinning:open', { deadline: monotonicNow() + 2000 });
    expect(upstream.requests[0]?.headers).not.toHaveProperty('authorization');
    upstream.answer(() => ({ status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>parked</h1>' }));
    await expect(provider.ping('pinning:open', { deadline: monotonicNow() + 2000 })).rejects.toMatchObject({
      kind: 'bad_response',
    });
    await http.close();
  });
});
