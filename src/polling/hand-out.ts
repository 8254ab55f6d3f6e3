/** Whoever waits for its turn to pass something on. */
export interface HandsOver {
  /** Passes on one thing; true when it has another one to pass on. */
  handOver(): boolean;
}

/** How many turns one macrotask may hold: each wakes a reader, and a reader's work (executing, writing) is not ours to bound. */
const SLICE = 200;

/** Gives everybody a turn, first come first served, and lets the event loop breathe between slices. */
export interface HandOut {
  /** Asks for a turn; asking twice is asking once. */
  ask(who: HandsOver): void;
  /** Resolves when nobody waits for a turn. */
  idle(): Promise<void>;
}

/** One queue of turns for all sources, so that a mass of events never blocks the loop. */
export function createHandOut(): HandOut {
  const waiting = new Set<HandsOver>();
  let idlers: (() => void)[] = [];
  let scheduled = false;

  function slice(): void {
    scheduled = false;
    let turns = SLICE;
    for (const who of waiting) {
      if (turns === 0) break;
      turns -= 1;
      waiting.delete(who);
      // Back to the end of the queue, where this very loop meets it again: the count of turns is what ends the loop.
      if (who.handOver()) waiting.add(who);
    }
    if (waiting.size > 0) return schedule();
    const told = idlers;
    idlers = [];
    for (const resolve of told) resolve();
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(slice);
  }

  return {
    ask(who) {
      waiting.add(who);
      schedule();
    },
    idle: () =>
      waiting.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            idlers.push(resolve);
          }),
  };
}
