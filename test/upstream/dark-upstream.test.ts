import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { HttpSettings } from '../../src/upstream/http.js';
import { harness, otherRead, scope, write } from './support.js';
import { numbersFrom, ScriptedDispatcher, type Fate } from './scripted-dispatcher.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

const well: Fate = { status: 200, afterMs: 5 };

interface End {
  readonly kind: string;
  readonly at: number;
  readonly ms: number;
}

/** An upstream in made-up time, asked for things all of which are different. */
function start(fate: Fate, changes: Partial<HttpSettings> = {}) {
  const network = new ScriptedDispatcher(() => fate);
  const { client, http } = harness(
    'http://upstream.test',
    { upstreamTimeoutMs: 8000, ...changes },
    { dispatcher: network, random: numbersFrom(1) },
  );
  const ends: End[] = [];
  const ask = (call = otherRead({ retries: 2 }), signal?: AbortSignal) => {
    const at = Date.now();
    const end = (kind: string) => void ends.push({ kind, at, ms: Date.now() - at });
    client.call(call, scope({ deadline: at + 15_000, signal })).then(
      () => end('ok'),
      (error: unknown) => end(error instanceof UpstreamError ? error.kind : String(error)),
    );
  };
  const every = async (gapMs: number, forMs: number) => {
    for (let ms = 0; ms < forMs; ms += gapMs) {
      ask();
      await vi.advanceTimersByTimeAsync(gapMs);
    }
  };
  const count = () =>
    Object.fromEntries(
      [...new Set(ends.map(({ kind }) => kind))].map((kind) => [kind, ends.filter((end) => end.kind === kind).length]),
    );
  const load = () => http.load().find(({ effect }) => effect === 'read');
  return { network, client, ends, ask, every, count, load, sent: () => network.departures.length };
}

const times = async (many: number, run: () => void) => {
  for (let i = 0; i < many; i++) run();
  await vi.advanceTimersByTimeAsync(1);
};

describe('an upstream that stops answering', () => {
  test.each([
    [20, 8000],
    [20, 1000],
    [100, 8000],
    [500, 8000],
    [5, 2000],
  ])(
    'with a request every %i ms and %i ms of patience is sent little more than opens the circuit, and then its probes',
    async (gapMs, upstreamTimeoutMs) => {
      const { network, every, ends, sent } = start(well, { upstreamTimeoutMs });
      await every(gapMs, 15_000);
      const before = sent();
      network.fate = () => 'silence';
      const darkFrom = Date.now();
      await every(gapMs, 60_000);
      // Twenty, and of what comes so fast that it may be a burst as much as there is room for.
      const first = gapMs < 8 ? 100 : 20;
      expect(sent() - before).toBeLessThanOrEqual(first + 60 / 5);
      expect(sent() - before).toBeGreaterThanOrEqual(20);
      const opened = ends.find(({ kind, ms }) => kind === 'circuit_open' && ms === 0)?.at ?? Infinity;
      expect(opened - darkFrom).toBeLessThan(upstreamTimeoutMs + 20 * gapMs + 500);
      const later = ends.filter(({ at }) => at >= opened && at < darkFrom + 60_000);
      expect(later.filter(({ ms }) => ms > 50).length).toBeLessThanOrEqual(60 / 5);
      const backAt = Date.now();
      network.fate = () => well;
      await every(gapMs, 15_000);
      expect((ends.find(({ kind, at }) => kind === 'ok' && at >= backAt)?.at ?? Infinity) - backAt).toBeLessThanOrEqual(
        10_000,
      );
      expect(ends.filter(({ at }) => at >= backAt + 10_000).every(({ kind }) => kind === 'ok')).toBe(true);
    },
  );

  test('holds back more in a queue, for no longer than the bulkhead would', async () => {
    const { network, every, ends, load } = start(well);
    await every(20, 2000);
    network.fate = () => 'silence';
    await every(20, 4000);
    expect(load()).toMatchObject({ circuit: 'CLOSED', inFlight: 20 });
    expect(ends.filter(({ kind }) => kind === 'overloaded').length).toBeGreaterThan(100);
    expect(ends.filter(({ kind }) => kind === 'overloaded').every(({ ms }) => ms === 250)).toBe(true);
  });

  test('lets all go on at once that wait, when it answers again', async () => {
    const { network, every, ends, load } = start(well);
    await every(20, 2000);
    // All that it does takes a second longer than before.
    network.fate = () => ({ status: 200, afterMs: 1005 });
    await every(20, 1000);
    expect(load()).toMatchObject({ inFlight: 20, queued: 12 });
    network.fate = () => well;
    await vi.advanceTimersByTimeAsync(10);
    // One of the twenty has been answered, and so has everybody who waited.
    expect(load()).toMatchObject({ inFlight: 19, queued: 0 });
    await every(1, 100);
    expect(ends.filter(({ kind }) => kind !== 'ok').every(({ ms }) => ms === 250)).toBe(true);
    expect(ends.slice(-100).every(({ kind }) => kind === 'ok')).toBe(true);
  });

  test('sends those away who wait when the circuit opens', async () => {
    const { network, every, ends } = start(well);
    await every(20, 2000);
    network.fate = () => 'silence';
    await every(10, 10_000);
    const waited = ends.filter(({ kind, ms }) => kind === 'circuit_open' && ms > 0 && ms < 1000);
    expect(waited.length).toBeGreaterThan(10);
    expect(new Set(waited.map(({ at, ms }) => at + ms)).size).toBe(1);
  });

  test('opens also when clients do not wait for it as long as we would, unless they leave early', async () => {
    for (const [patienceMs, circuit] of [
      [5000, 'OPEN'],
      [3000, 'CLOSED'],
    ] as const) {
      const { network, every, ask, load } = start(well);
      await every(20, 2000);
      network.fate = () => 'silence';
      for (let ms = 0; ms < 7000; ms += 50) {
        const leaving = new AbortController();
        setTimeout(() => leaving.abort('left'), patienceMs);
        ask(otherRead(), leaving.signal);
        await vi.advanceTimersByTimeAsync(50);
      }
      expect(load()?.circuit).toBe(circuit);
    }
  });

  test('does not open for clients that leave late while others are answered', async () => {
    const { network, ask, every, load } = start(well);
    network.fate = () => 'silence';
    const leaving = new AbortController();
    for (let i = 0; i < 60; i++) ask(otherRead(), leaving.signal);
    network.fate = () => well;
    await every(100, 5000);
    leaving.abort('left');
    await vi.advanceTimersByTimeAsync(1);
    expect(load()?.circuit).toBe('CLOSED');
  });

  test('is asked for one thing at a time at least, though old failures add up', async () => {
    const { network, ask, every, sent } = start(well, { breakerWindowMs: 2000, upstreamTimeoutMs: 1900 });
    await every(20, 1000);
    network.fate = () => 'silence';
    const before = sent();
    for (let i = 0; i < 40; i++) {
      ask(otherRead());
      await vi.advanceTimersByTimeAsync(250);
    }
    expect(sent() - before).toBe(40);
  });
});

describe('an upstream that is merely slow', () => {
  test('gets its hundred at once, never heard or heard a moment ago', async () => {
    for (const warm of [false, true]) {
      const { network, every, ask, sent, count } = start(well);
      if (warm) await every(20, 2000);
      network.fate = () => ({ status: 200, afterMs: 3000 });
      const before = sent();
      await times(100, () => ask());
      expect(sent() - before).toBe(100);
      await vi.advanceTimersByTimeAsync(3500);
      expect(count()).toEqual({ ok: warm ? 200 : 100 });
    }
  });

  test.each([1, 4, 7])('gets its hundred also when one comes every %i ms, and beside one that hangs', async (gapMs) => {
    const { network, every, ask, sent, load } = start(well);
    await every(20, 2000);
    network.fate = () => 'silence';
    ask();
    await vi.advanceTimersByTimeAsync(5000);
    const before = sent();
    for (let i = 0; i < 100; i++) {
      ask();
      await vi.advanceTimersByTimeAsync(gapMs);
    }
    // The one that hangs has the hundredth slot.
    expect(sent() - before).toBe(99);
    expect(load()).toMatchObject({ inFlight: 100, queued: 1 });
  });

  test('is asked by one burst after another once it is known to be slow', async () => {
    const { ask, count } = start({ status: 200, afterMs: 3000 });
    await times(30, () => ask());
    await vi.advanceTimersByTimeAsync(3000);
    for (let second = 0; second < 20; second++) {
      await times(30, () => ask());
      await vi.advanceTimersByTimeAsync(999);
    }
    await vi.advanceTimersByTimeAsync(4000);
    expect(count()).toEqual({ ok: 630 });
  });

  test('is never held back, at whatever pace, while its answers take no more than three times as long as before', async () => {
    const burst = fc.record({ size: fc.integer({ min: 1, max: 50 }), gapMs: fc.integer({ min: 0, max: 2000 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2500 }),
        fc.array(burst, { maxLength: 20 }),
        fc.integer(),
        async (fastest, bursts, seed) => {
          const random = numbersFrom(seed);
          const { network, ask, count, load } = start({ status: 200, afterMs: fastest });
          await times(1, () => ask());
          await vi.advanceTimersByTimeAsync(fastest);
          network.fate = () => ({ status: 200, afterMs: Math.floor(fastest * (1 + 2 * random())) });
          let asked = 1;
          for (const { size, gapMs } of bursts) {
            const room = Math.min(size, 100 - (load()?.inFlight ?? 0));
            asked += Math.max(0, room);
            await times(room, () => ask());
            await vi.advanceTimersByTimeAsync(gapMs);
          }
          await vi.advanceTimersByTimeAsync(8000);
          expect(count()).toEqual({ ok: asked });
        },
      ),
      { numRuns: 60 },
    );
  }, 30_000);
});

test('writes have a silence of their own', async () => {
  const { network, every, ask, sent } = start(well, { upstreamConcurrency: 500, writeTimeoutMs: 20_000 });
  await every(20, 1000);
  network.fate = () => 'silence';
  await every(20, 1000);
  const before = sent();
  await times(100, () => ask(write()));
  expect(sent() - before).toBe(100);
});

test('a process that was held up reads what has come before it calls an upstream silent', async () => {
  vi.useRealTimers();
  const network = new ScriptedDispatcher(() => ({ status: 200, afterMs: 20 }));
  const { client, http } = harness('http://upstream.test', {}, { dispatcher: network });
  await client.call(otherRead(), scope());
  const calls = Array.from({ length: 60 }, () => client.call(otherRead(), scope()));
  for (const until = Date.now() + 400; Date.now() < until;);
  calls.push(...Array.from({ length: 40 }, () => client.call(otherRead(), scope())));
  expect(http.load()[0]).toMatchObject({ inFlight: 100, queued: 0 });
  await Promise.all(calls);
});
