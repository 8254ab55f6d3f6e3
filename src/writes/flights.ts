/** Whether the promise settles in time; its rejection is the business of those who await it. */
export async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), false);
  });
  const end = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([end, timeout]).finally(() => clearTimeout(timer));
}

/** Counts what is in flight. */
export function createFlights(): { follow<T>(run: () => Promise<T>): Promise<T>; landed(): Promise<void> } {
  let count = 0;
  let waiting: (() => void)[] = [];
  return {
    async follow(run) {
      count += 1;
      try {
        return await run();
      } finally {
        count -= 1;
        if (count === 0) {
          for (const resume of waiting) resume();
          waiting = [];
        }
      }
    },
    async landed() {
      while (count > 0) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
