import { afterAll, vi } from 'vitest';

/** The clocks of this worker as they were before its first test; they outlive this module, which is run before each file of tests. */
const kept = Symbol.for('headgate.test.clocks');
const names = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'] as const;
const holder = globalThis as { [kept]?: readonly unknown[] };
const clocks = (): readonly unknown[] => [...names.map((name) => globalThis[name]), performance.now];
const real = (holder[kept] ??= clocks());

/** A file that leaves a clock standing still has others fail that are run after it by the same worker. */
afterAll(() => {
  const left = clocks();
  vi.useRealTimers();
  const changed = [...names, 'performance.now'].filter((_name, at) => left[at] !== real[at]);
  if (changed.length > 0) throw new Error(`These tests leave a clock of their own behind: ${changed.join(', ')}.`);
});
