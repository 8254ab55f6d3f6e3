import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { silentLogger } from '../../src/log.js';
import { createPolling } from '../../src/polling/engine.js';
import { brief, collect, fakeSource } from './fake-source.js';

const engine = () => createPolling({ log: silentLogger, random: () => 0.5 });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const badResponse = () =>
  new UpstreamError('bad_response', { provider: 'p', operation: 'o', delivery: 'answered', reason: 'shape' });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('reads', () => {
  it('asks once for all ids that arrive together, and tells each its state', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 }).set('y', { n: 2 });
    const polling = engine();
    const one = collect(polling.watch(source, ['x']));
    const two = collect(polling.watch(source, ['y', 'x', 'y']));
    expect(polling.stats()).toEqual({ watched: 2, subscribers: 2 });
    await pass(10);
    expect(source.reads.map((read) => read.ids)).toEqual([['x', 'y']]);
    expect(brief(one)).toEqual(['x=1']);
    expect(brief(two).sort()).toEqual(['x=1', 'y=2']);
  });

  it('gives a late subscriber the known state without asking', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const polling = engine();
    collect(polling.watch(source, ['x']));
    await pass(100);
    const late = collect(polling.watch(fakeSource('a'), ['x']));
    await pass(1);
    expect(brief(late)).toEqual(['x=1']);
    expect(source.reads).toHaveLength(1);
  });

  it('lets a subscriber share the read of its id that is in flight', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    let open = () => {};
    source.gate = new Promise((resolve) => {
      open = resolve;
    });
    const polling = engine();
    collect(polling.watch(source, ['x']));
    await pass(50);
    const late = collect(polling.watch(source, ['x']));
    await pass(50);
    open();
    await pass(1);
    expect(brief(late)).toEqual(['x=1']);
    expect(source.reads).toHaveLength(1);
  });

  it('hands the last states to the next read', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    collect(engine().watch(source, ['x']));
    await pass(1100);
    expect(source.reads.map((read) => read.known)).toEqual([0, 1]);
  });

  it('keeps sources apart: a hanging one delays nobody else', async () => {
    const slow = fakeSource('slow');
    slow.gate = new Promise(() => {});
    const quick = fakeSource('quick');
    quick.upstream.set('x', { n: 1 });
    const polling = engine();
    collect(polling.watch(slow, ['x']));
    const served = collect(polling.watch(quick, ['x']));
    await pass(1100);
    expect(brief(served)).toEqual(['x=1']);
    expect(quick.reads).toHaveLength(2);
    expect(slow.reads).toHaveLength(1);
  });
});

describe('intervals', () => {
  const gaps = (reads: readonly { at: number }[]) =>
    reads.slice(1).map((read, index) => read.at - (reads[index]?.at ?? 0));

  it('grow by half per unchanged poll up to fifteen times the first, and start again at a change', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const seen = collect(engine().watch(source, ['x']));
    await pass(100_000);
    expect(gaps(source.reads)).toEqual([1000, 1500, 2250, 3375, 5063, 7594, 11391, 15000, 15000, 15000, 15000]);
    source.upstream.set('x', { n: 2 });
    while (brief(seen).length < 2) await pass(100);
    const changedAt = source.reads.length - 1;
    await pass(5000);
    expect(gaps(source.reads.slice(changedAt))).toEqual([1000, 1500, 2250]);
  });

  it('vary by a tenth', async () => {
    for (const [random, gap] of [
      [0, 900],
      [1, 1100],
    ] as const) {
      const source = fakeSource();
      source.upstream.set('x', { n: 1 });
      collect(createPolling({ log: silentLogger, random: () => random }).watch(source, ['x']));
      await pass(1200);
      expect(gaps(source.reads)).toEqual([gap]);
    }
  });

  it('bring ids that came at different times into one read', async () => {
    const source = fakeSource();
    const polling = engine();
    let n = 0;
    const ids = Array.from({ length: 9 }, (_value, index) => `id${index}`);
    const change = setInterval(() => {
      n += 1;
      for (const id of ids) source.upstream.set(id, { n });
    }, 50);
    source.upstream.set('id0', { n });
    for (const id of ids) {
      collect(polling.watch(source, [id]));
      await pass(230);
    }
    await pass(3000);
    const before = source.reads.length;
    await pass(10_000);
    clearInterval(change);
    const later = source.reads.slice(before);
    expect(later.every((read) => read.ids.length === ids.length)).toBe(true);
    expect(later.length).toBeLessThanOrEqual(10);
  });

  it('stretch until the upstream wants to be asked again', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const polling = engine();
    collect(polling.watch(source, ['x']));
    await pass(100);
    source.notBeforeAt = Date.now() + 30_000;
    collect(polling.watch(source, ['y']));
    await pass(29_900);
    expect(source.reads).toHaveLength(1);
    await pass(200);
    expect(source.reads).toHaveLength(2);
    expect(source.reads[1]?.ids).toEqual(['x', 'y']);
    expect(source.reads[1]?.at).toBeGreaterThanOrEqual(source.notBeforeAt);
  });

  it('grow after failures too, which nobody hears of', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const seen = collect(engine().watch(source, ['x']));
    await pass(500);
    source.broken = new Error('socket hang up');
    await pass(10_000);
    expect(gaps(source.reads)).toEqual([1000, 1500, 2250, 3375]);
    source.broken = undefined;
    source.upstream.set('x', { n: 2, done: true });
    await pass(10_000);
    expect(brief(seen)).toEqual(['x=1', 'x=2']);
    expect(seen.done).toBe(true);
  });
});

describe('ends', () => {
  it('tells the final state once and completes', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const polling = engine();
    const seen = collect(polling.watch(source, ['x']));
    await pass(100);
    source.upstream.set('x', { n: 2, done: true });
    await pass(60_000);
    expect(brief(seen)).toEqual(['x=1', 'x=2']);
    expect(seen.done).toBe(true);
    expect(source.reads).toHaveLength(2);
    expect(polling.stats()).toEqual({ watched: 0, subscribers: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells the end even when nothing that counts has changed', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const seen = collect(engine().watch(source, ['x']));
    await pass(100);
    source.upstream.set('x', { n: 1, done: true });
    await pass(2000);
    expect(seen.events.map((event) => event.type === 'value' && event.value.done)).toEqual([undefined, true]);
    expect(seen.done).toBe(true);
  });

  it('tells what is missing, and what was removed with its last state', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const seen = collect(engine().watch(source, ['x', 'nothing']));
    await pass(100);
    source.upstream.delete('x');
    await pass(9_000);
    expect(seen.events).toHaveLength(2);
    await pass(6_000);
    expect(seen.events).toEqual([
      { type: 'value', id: 'x', value: { n: 1 } },
      { type: 'missing', id: 'nothing' },
      { type: 'removed', id: 'x', last: { n: 1 } },
    ]);
    expect(seen.done).toBe(true);
  });

  it('does not believe one look, or several in a short time, that something is gone', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1 });
    const seen = collect(engine().watch(source, ['x']));
    for (const n of [2, 3, 4]) {
      await pass(1_100);
      source.upstream.delete('x');
      await pass(7_500);
      source.upstream.set('x', { n });
      await pass(5_500);
    }
    expect(brief(seen)).toEqual(['x=1', 'x=2', 'x=3', 'x=4']);
    expect(seen.done).toBe(false);
  });

  it('waits for what is expected, and believes at once what was removed here', async () => {
    const removed = new Set<string>();
    const source = fakeSource('a', { expects: (id) => id === 'new', removed: (id) => removed.has(id) });
    source.upstream.set('old', { n: 1 });
    const polling = engine();
    const seen = collect(polling.watch(source, ['new', 'old', 'none']));
    await pass(2_000);
    expect(brief(seen)).toEqual(['old=1', 'none missing']);
    source.upstream.set('new', { n: 7, done: true });
    source.upstream.delete('old');
    removed.add('old');
    polling.nudge(source, ['old', 'nobody']);
    await pass(50);
    expect(seen.events.at(-1)).toEqual({ type: 'removed', id: 'old', last: { n: 1 } });
    await pass(6_000);
    expect(brief(seen).at(-1)).toBe('new=7');
    expect(seen.done).toBe(true);
  });

  it('fails the ids of a hopeless error at once and goes on with the others', async () => {
    const source = fakeSource();
    source.upstream.set('x', new Error('hopeless')).set('y', { n: 1 });
    const seen = collect(engine().watch(source, ['x', 'y']));
    await pass(100);
    expect(brief(seen)).toEqual(['x failed', 'y=1']);
    source.broken = new Error('hopeless');
    await pass(2000);
    expect(brief(seen)).toEqual(['x failed', 'y=1', 'y failed']);
    expect(seen.done).toBe(true);
  });

  it('fails an id after ten unusable answers in a row, and not after nine', async () => {
    const source = fakeSource();
    source.upstream.set('x', badResponse());
    const seen = collect(engine().watch(source, ['x']));
    while (source.reads.length < 9) await pass(500);
    source.upstream.set('x', { n: 1 });
    while (source.reads.length < 10) await pass(500);
    source.upstream.set('x', badResponse());
    while (source.reads.length < 19) await pass(500);
    expect(brief(seen)).toEqual(['x=1']);
    await pass(16_000);
    expect(source.reads).toHaveLength(20);
    expect(brief(seen)).toEqual(['x=1', 'x failed']);
    expect(seen.done).toBe(true);
  });

  it('never ends for transport errors', async () => {
    const source = fakeSource();
    source.broken = new UpstreamError('unavailable', { provider: 'p', operation: 'o', delivery: 'unsent' });
    const seen = collect(engine().watch(source, ['x']));
    await pass(1_000_000);
    expect(source.reads.length).toBeGreaterThan(50);
    expect(seen).toEqual({ events: [], done: false });
  });

  it('fails an id for which the source itself breaks, and logs it', async () => {
    const log = { ...silentLogger, error: vi.fn() };
    const source = fakeSource('a', {
      final: (value) => {
        if (value.n === 1) throw new TypeError('bug');
        return false;
      },
    });
    source.upstream.set('x', { n: 1 }).set('y', { n: 2 });
    const seen = collect(createPolling({ log }).watch(source, ['x', 'y']));
    await pass(100);
    expect(brief(seen)).toEqual(['x failed', 'y=2']);
    expect(log.error).toHaveBeenCalledExactlyOnceWith('polling_source_broken', { step: 'judge', reason: 'TypeError' });
  });

  it('takes a read that says nothing about an id for a failed one', async () => {
    const source = fakeSource('a', { read: async () => new Map() });
    const seen = collect(engine().watch(source, ['x']));
    await pass(20_000);
    expect(seen).toEqual({ events: [], done: false });
  });

  it('ends at once without ids', async () => {
    const polling = engine();
    expect(await polling.watch(fakeSource(), []).next()).toEqual({ done: true, value: undefined });
    expect(polling.stats()).toEqual({ watched: 0, subscribers: 0 });
  });
});
