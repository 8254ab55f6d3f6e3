import { afterEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import type { CallFact, CallScope } from '../../src/upstream/http.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { harness, cleanup, otherRead, read, scope } from './support.js';

const opened = cleanup();
afterEach(() => opened.run());

/** A scope that keeps what its watcher is told. */
function watchedScope(headers?: Record<string, string>) {
  const begun: object[] = [];
  const ended: CallFact[] = [];
  const begin = (call: object) => {
    begun.push(call);
    return { ...(headers && { headers }), ended: (fact: CallFact) => void ended.push(fact) };
  };
  const watched: CallScope = { ...scope(), watcher: { begin } };
  return { begun, ended, watched };
}

describe('following calls', () => {
  it('tells the beginning and the end of each call once, and sends its headers with every attempt', async () => {
    let asked = 0;
    const upstream = opened.add(await fakeUpstream(() => ({ status: ++asked === 1 ? 503 : 200, body: '{}' })));
    const { client } = opened.add(harness(upstream.url));
    const { begun, ended, watched } = watchedScope({ 'x-along': 'yes' });
    await client.call(read({ retries: 1 }), watched);
    expect(begun).toEqual([{ provider: 'acme', operation: 'getThing', effect: 'read' }]);
    expect(ended).toEqual([
      { provider: 'acme', operation: 'getThing', effect: 'read', status: 200, attempts: 2, ms: expect.any(Number) },
    ]);
    expect(upstream.requests.map(({ headers }) => headers['x-along'])).toEqual(['yes', 'yes']);
  });

  it('tells of a call that never left', async () => {
    const upstream = opened.add(await fakeUpstream(() => ({ body: '{}' })));
    const { client } = opened.add(harness(upstream.url));
    const { ended, watched } = watchedScope();
    await expect(client.call(read(), { ...watched, deadline: monotonicNow() - 1 })).rejects.toThrow();
    expect(ended).toEqual([expect.objectContaining({ kind: 'timeout', attempts: 0 })]);
    expect(upstream.requests).toEqual([]);
  });

  it('shows what is in flight and what waits', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const upstream = opened.add(await fakeUpstream(async () => (await released, { body: '{}' })));
    const { client, http } = opened.add(harness(upstream.url, { upstreamConcurrency: 1 }));
    const calls = [client.call(otherRead(), scope()), client.call(otherRead(), scope())];
    const load = () => http.load().find(({ effect }) => effect === 'read');
    expect(load()).toEqual({
      provider: 'acme',
      class: 'server',
      effect: 'read',
      circuit: 'CLOSED',
      inFlight: 1,
      queued: 1,
    });
    release();
    await Promise.all(calls);
    expect(load()).toMatchObject({ inFlight: 0, queued: 0 });
  });
});
