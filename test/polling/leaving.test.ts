import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createPolling } from '../../src/polling/engine.js';
import { brief, collect, fakeSource } from './fake-source.js';

const engine = () => createPolling({ log: silentLogger, random: () => 0.5 });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const end = { done: true, value: undefined };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('leaving', () => {
  it('resolves a pending next, stops the poll and leaves no timer behind', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const polling = engine();
    const stream = polling.watch(source, ['x']);
    const first = stream.next();
    await pass(100);
    expect(await first).toEqual({ done: false, value: { type: 'value', id: 'x', value: { n: 1 } } });
    const pending = stream.next();
    expect(await stream.return?.()).toEqual(end);
    expect(await pending).toEqual(end);
    expect(await stream.next()).toEqual(end);
    expect(polling.stats()).toEqual({ watched: 0, subscribers: 0 });
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(source.reads).toHaveLength(1);
  });

  it('aborts the read in flight when nobody wants any of its ids', async () => {
    const source = fakeSource();
    source.gate = new Promise(() => {});
    const polling = engine();
    const both = polling.watch(source, ['x', 'y']);
    const one = polling.watch(source, ['x']);
    await pass(50);
    const other = polling.watch(source, ['z']);
    await both.return?.();
    expect(source.reads[0]?.signal.aborted).toBe(false);
    source.gate = undefined;
    source.upstream.set('z', { n: 1 });
    await one.return?.();
    expect(source.reads[0]?.signal.aborted).toBe(true);
    const seen = collect(other);
    await pass(50);
    expect(brief(seen)).toEqual(['z=1']);
    expect(source.reads.map((read) => read.ids)).toEqual([['x', 'y'], ['z']]);
  });

  it('starts the next read only when an aborted one has ended', async () => {
    let release = () => {};
    const source = fakeSource();
    const read = source.read.bind(source);
    const stubborn = fakeSource('a', {
      async read(ids, known, signal) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return read(ids, known, signal);
      },
    });
    source.upstream.set('x', { n: 7 });
    const polling = engine();
    const first = polling.watch(stubborn, ['x']);
    await pass(50);
    await first.return?.();
    const seen = collect(polling.watch(stubborn, ['x']));
    await pass(50);
    expect(brief(seen)).toEqual([]);
    release();
    await pass(50);
    expect(brief(seen)).toEqual([]);
    release();
    await pass(50);
    expect(brief(seen)).toEqual(['x=7']);
    expect(source.mostInFlight).toBe(1);
  });

  it('keeps polling for those who stay', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const polling = engine();
    const leaver = polling.watch(source, ['x']);
    const stayer = collect(polling.watch(source, ['x']));
    await pass(100);
    await leaver.return?.();
    source.upstream.set('x', { n: 2 });
    await pass(1000);
    expect(brief(stayer)).toEqual(['x=1', 'x=2']);
  });

  it('ends every stream without an event when the engine closes', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const polling = engine();
    const waiting = collect(polling.watch(source, ['x']));
    const unread = polling.watch(source, ['x']);
    await pass(100);
    const closed = polling.close();
    await pass(1);
    await closed;
    expect(brief(waiting)).toEqual(['x=1']);
    expect(waiting.done).toBe(true);
    expect(await unread.next()).toEqual(end);
    expect(await polling.watch(source, ['x']).next()).toEqual(end);
    expect(polling.stats()).toEqual({ watched: 0, subscribers: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a slow reader', () => {
  it('gets the latest state of each id, and the end of each', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 }).set('y', { n: 1 });
    const stream = engine().watch(source, ['x', 'y']);
    await pass(100);
    for (let n = 2; n < 6; n += 1) {
      source.upstream.set('x', { n, done: n === 5 }).set('y', { n });
      await pass(1000);
    }
    source.upstream.delete('y');
    // Three looks over ten seconds have to say so.
    await pass(25_000);
    const seen = collect(stream);
    await pass(20);
    expect(brief(seen)).toEqual(['x=5', 'y removed']);
    expect(seen.done).toBe(true);
  });

  it('may ask several times ahead', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1, done: true });
    const stream = engine().watch(source, ['x']);
    const asked = [stream.next(), stream.next(), stream.next()];
    await pass(10);
    expect(await Promise.all(asked)).toEqual([
      { done: false, value: { type: 'value', id: 'x', value: { n: 1, done: true } } },
      end,
      end,
    ]);
  });
});
