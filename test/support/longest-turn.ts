/** What the longest turn of the event loop cost while something ran, and what that came to. */
export interface Turn<T> {
  readonly ms: number;
  readonly value: T;
}

/**
 * Runs something and measures the longest turn meanwhile: the processor's time, where that is less than the clock's, so that
 * what other processes took is not counted.
 */
export async function longestTurn<T>(run: () => Promise<T>): Promise<Turn<T>> {
  let worst = 0;
  let over = false;
  let clock = performance.now();
  let used = process.cpuUsage();
  const look = (): void => {
    const now = performance.now();
    if (now - clock > worst) {
      const { user, system } = process.cpuUsage(used);
      worst = Math.max(worst, Math.min(now - clock, (user + system) / 1_000));
    }
    clock = performance.now();
    used = process.cpuUsage();
    if (!over) setImmediate(look);
  };
  const watching = setImmediate(look);
  try {
    return { value: await run(), ms: (look(), worst) };
  } finally {
    over = true;
    clearImmediate(watching);
  }
}
