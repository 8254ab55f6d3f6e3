// The real clock, whatever a test puts in its place later.
const now = performance.now.bind(performance);

const LOOK_MS = 5;
/** The most that counts of the time between two looks in which this process computed nothing. */
const MOST_IDLE_MS = 8;

/** What something took, and what it came to. */
export interface Spent<T> {
  readonly value: T;
  /** Without the time in which this process wanted its turn and did not get it: for what must not take longer. */
  readonly ms: number;
  /** By the clock: for what must not be over sooner. */
  readonly wholeMs: number;
}

/**
 * Runs something and tells how long it took. What other processes take is not counted; what blocks this one is, by the
 * processor's time.
 */
export async function spentOn<T>(run: () => T | Promise<T>): Promise<Spent<T>> {
  const began = now();
  let ms = 0;
  let clock = began;
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
    return { value, ms, wholeMs: now() - began };
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
