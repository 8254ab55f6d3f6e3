import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createPolling } from '../../src/polling/engine.js';
import { collect, fakeSource, type Collected } from './fake-source.js';

describe('ten thousand subscribers of a thousand ids', () => {
  it('cost one read and one timer per tick', async () => {
    vi.useFakeTimers();
    try {
      const source = fakeSource();
      const ids = Array.from({ length: 1000 }, (_value, index) => `id${index}`);
      const set = (n: number, done = false) => {
        for (const id of ids) source.upstream.set(id, { n, done });
      };
      set(0);
      const polling = createPolling({ log: silentLogger, random: () => 0.5 });
      const all: Collected[] = [];
      for (let index = 0; index < 10_000; index += 1) all.push(collect(polling.watch(source, [`id${index % 1000}`])));
      expect(vi.getTimerCount()).toBe(1);
      for (let n = 1; n <= 3; n += 1) {
        await vi.advanceTimersByTimeAsync(1000);
        set(n);
      }
      expect(source.reads.map((read) => read.ids.length)).toEqual([1000, 1000, 1000]);
      expect(polling.stats()).toEqual({ watched: 1000, subscribers: 10_000 });
      set(9, true);
      await vi.advanceTimersByTimeAsync(1200);
      expect(all.every((one) => one.done && one.events.at(-1)?.type === 'value')).toBe(true);
      expect(polling.stats()).toEqual({ watched: 0, subscribers: 0 });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are told in slices, between which the loop goes on', async () => {
    const source = fakeSource();
    source.upstream.set('x', { n: 1, done: true });
    const polling = createPolling({ log: silentLogger });
    const subscribers = 1000;
    const perTurn: number[] = [];
    let turn = 0;
    let ended = 0;
    // Counts macrotasks beside the engine's own.
    const count = () => {
      turn += 1;
      if (ended < subscribers) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(
      Array.from({ length: subscribers }, async () => {
        for await (const event of polling.watch(source, ['x'])) {
          expect(event.type).toBe('value');
          perTurn[turn] = (perTurn[turn] ?? 0) + 1;
        }
        ended += 1;
      }),
    );
    expect(Math.max(...perTurn.filter(Boolean))).toBeLessThanOrEqual(200);
    expect(perTurn.filter(Boolean)).toHaveLength(5);
    expect(source.reads).toHaveLength(1);
  });
});
