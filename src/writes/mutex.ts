/** Runs tasks one at a time per name, in order of arrival. */
export interface Mutex {
  run<R>(name: string, task: () => Promise<R>): Promise<R>;
  /** Names with a task running or waiting. */
  readonly size: number;
}

export function createMutex(): Mutex {
  const tails = new Map<string, Promise<void>>();
  return {
    get size() {
      return tails.size;
    },
    async run(name, task) {
      const before = tails.get(name);
      let leave = (): void => {};
      const tail = new Promise<void>((resolve) => {
        leave = resolve;
      });
      tails.set(name, tail);
      try {
        await before;
        return await task();
      } finally {
        // Only the last in line may forget the name; a later one still waits for this tail.
        if (tails.get(name) === tail) tails.delete(name);
        leave();
      }
    },
  };
}
