import { afterEach, expect, it, vi } from 'vitest';
import { ShownPins } from '../../src/providers/pinning/shown-pins.js';
import { computed } from '../support/spent-on.js';

afterEach(() => vi.useRealTimers());

it('remembers for an hour what a credential was shown', () => {
  vi.useFakeTimers();
  const shown = new ShownPins();
  shown.add('mine', ['a', 'b']);
  expect([shown.has('mine', 'b'), shown.has('mine', 'c'), shown.has('other', 'b')]).toEqual([true, false, false]);
  vi.advanceTimersByTime(3_600_000 + 1);
  expect(shown.has('mine', 'b')).toBe(false);
});

it('keeps the last ten thousand ids, and hardly more than twenty thousand', () => {
  const shown = new ShownPins();
  const ids = Array.from({ length: 50_000 }, (_none, index) => `pin-${index}`);
  for (const id of ids) shown.add('mine', [id]);
  const known = ids.filter((id, index) => index % 1_000 === 0 && shown.has('mine', id));
  expect(known).toEqual(ids.filter((_id, index) => index % 1_000 === 0 && index >= 30_000));
});

it('takes no longer for what is shown when it is full', () => {
  const add = (shown: ShownPins, count: number): void => {
    for (let index = 0; index < count; index += 1) shown.add('mine', [`pin-${index}`]);
  };
  const full = new ShownPins();
  add(full, 40_000);
  const empty = computed(() => add(new ShownPins(), 5_000));
  expect(computed(() => add(full, 5_000))).toBeLessThan(20 * (empty + 1));
});
