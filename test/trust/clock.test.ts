import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryState } from '../../src/state/memory.js';
import { Pauses } from '../../src/upstream/pauses.js';
import { monotonicNow } from '../../src/values/clock.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { closeAfterEach, startPaymentsGraph } from '../support/graph-payments.js';
import { codesIn } from '../support/graph-pins.js';
import { harness, cleanup, failure, read, scope } from '../upstream/support.js';
import { me, meAnswers, ok, validFor } from '../access/identity-support.js';

closeAfterEach();
const open = cleanup();
afterEach(() => open.run());
const DAY = 86_400_000;
const jumps = [
  ['back', -DAY],
  ['forward', DAY],
] as const;

/** Only the clocks are held, sockets and timers are real. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.UTC(2026, 2, 9, 12) }));
afterEach(() => void vi.useRealTimers());
const setWallClock = (jump: number): void => void vi.setSystemTime(Date.now() + jump);

describe.each(jumps)('the clock on the wall set %s by a day', (_way, jump) => {
  it('neither keeps a withdrawn identity nor forgets a good one', async () => {
    const graph = await startPaymentsGraph();
    meAnswers(graph, { body: validFor(10 * 86_400) });
    expect(await me(graph)).toEqual(ok);
    meAnswers(graph, { status: 401, body: {} });
    setWallClock(jump);
    expect(await me(graph)).toEqual(ok);
    vi.advanceTimersByTime(60_001);
    expect(codesIn(await me(graph))).toEqual(['UNAUTHENTICATED']);
  });

  it('leaves a pause as long as it was', () => {
    const pauses = new Pauses();
    pauses.refused('fp', undefined, { 'retry-after': '20' }, monotonicNow());
    setWallClock(jump);
    vi.advanceTimersByTime(19_000);
    expect(pauses.until('fp', undefined, monotonicNow())).toBeGreaterThan(0);
    vi.advanceTimersByTime(1_001);
    expect(pauses.until('fp', undefined, monotonicNow())).toBe(0);
  });

  it('leaves a circuit open for as long as it was', async () => {
    let status = 503;
    const upstream = open.add(await fakeUpstream(() => ({ status, body: 'fine' })));
    const { client } = open.add(harness(upstream.url, { breakerMinRequests: 4, breakerSleepMs: 5_000 }));
    for (let call = 0; call < 4; call += 1) await failure(client.call(read(), scope({ deadline: Infinity })));
    expect(client.state().circuit).toBe('OPEN');
    setWallClock(jump);
    vi.advanceTimersByTime(4_900);
    expect(client.state().circuit).toBe('OPEN');
    vi.advanceTimersByTime(101);
    status = 200;
    expect(await client.call(read(), scope({ deadline: monotonicNow() + 5_000 }))).toBe('fine');
  });

  it('leaves records, counters and leases as long as they were', async () => {
    const { records, counters, leases } = createMemoryState();
    await records.create('a', 'one', 10_000);
    await counters.add('a', 1, 10_000);
    await leases.claim('one', [{ name: 'a', ttlMs: 10_000 }]);
    setWallClock(jump);
    vi.advanceTimersByTime(9_000);
    expect((await records.read('a'))?.ageMs).toBe(9_000);
    expect(await counters.add('a', 1, 10_000)).toBe(2);
    expect((await leases.claim('two', [{ name: 'a', ttlMs: 10_000 }]))[0]?.held).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(await records.read('a')).toBeUndefined();
    expect(await counters.add('a', 1, 10_000)).toBe(1);
    expect((await leases.claim('two', [{ name: 'a', ttlMs: 10_000 }]))[0]?.held).toBe(true);
  });
});
