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

/** A clock that stands while other processes have the processor: what blocks this one counts, by the processor's time. */
export interface OwnClock {
  /** Milliseconds since it was started. */
  ms(): number;
  stop(): void;
}

export function startOwnClock(): OwnClock {
  let ms = 0;
  let clock = now();
  let used = process.cpuUsage();
  const look = (): number => {
    const [clockThen, usedThen] = [clock, used];
    clock = now();
    used = process.cpuUsage();
    const computedMs = (used.user - usedThen.user + used.system - usedThen.system) / 1_000;
    ms += Math.min(clock - clockThen, Math.max(MOST_IDLE_MS, computedMs));
    return ms;
  };
  const looking = setInterval(look, LOOK_MS);
  return { ms: look, stop: () => clearInterval(looking) };
}

/** Runs something and tells how long it took. */
export async function spentOn<T>(run: () => T | Promise<T>): Promise<Spent<T>> {
  const began = now();
  const own = startOwnClock();
  try {
    const value = await run();
    return { value, ms: own.ms(), wholeMs: now() - began };
  } finally {
    own.stop();
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
