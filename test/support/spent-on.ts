import type { Turn } from './longest-turn.js';

// The real clock, whatever a test puts in its place later.
const now = performance.now.bind(performance);

const LOOK_MS = 5;
/** The most that counts of the time between two looks in which this process computed nothing. */
const MOST_IDLE_MS = 20;

/**
 * Runs something and tells how long it took, without the time in which this process wanted its turn and did not get it: what
 * other processes take is not counted, what blocks this one is, by the processor's time.
 */
export async function spentOn<T>(run: () => T | Promise<T>): Promise<Turn<T>> {
  let ms = 0;
  let clock = now();
  let used = process.cpuUsage();
  const look = (): void => {
    const { user, system } = process.cpuUsage(used);
    ms += Math.min(now() - clock, Math.max(MOST_IDLE_MS, (user + system) / 1_000));
    clock = now();
    used = process.cpuUsage();
  };
  const looking = setInterval(look, LOOK_MS);
  try {
    const value = await run();
    look();
    return { value, ms };
  } finally {
    clearInterval(looking);
  }
}

/** The processor's time that something takes which never waits; the least of some tries, since a collection may fall into any. */
export function computed(run: () => unknown, tries = 3): number {
  const times = Array.from({ length: tries }, () => {
    const before = process.cpuUsage();
    run();
    return process.cpuUsage(before).user / 1_000;
  });
  return Math.min(...times);
}
