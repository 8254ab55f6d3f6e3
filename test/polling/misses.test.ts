import { afterEach, describe, expect, it, vi } from 'vitest';
import { Misses } from '../../src/polling/misses.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('looks that miss what was there', () => {
  it('prove that it is gone when three of them lie over the time, and nothing found it between', () => {
    vi.useFakeTimers();
    const misses = new Misses(10_000);
    const look = (afterMs: number): boolean => {
      vi.advanceTimersByTime(afterMs);
      return misses.isGone('x');
    };
    expect([look(0), look(5_000), look(4_999), look(1)]).toEqual([false, false, false, true]);
    // Forgotten with that; and two looks are too few, however far apart.
    expect([look(0), look(60_000), look(1)]).toEqual([false, false, true]);
    expect([look(0), look(6_000)]).toEqual([false, false]);
    misses.forget('x');
    expect([misses.waitMs('x'), look(6_000), misses.waitMs('x')]).toEqual([undefined, false, 5_000]);
  });
});
