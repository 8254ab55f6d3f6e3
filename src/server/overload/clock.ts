/** What the gate knows of time; tests hand in one that they turn by hand. */
export interface Clock {
  /** Processor time of this process so far, in milliseconds: time in which others had the core is not ours to save. */
  spent(): number;
  /** Runs something once, when this turn of the event loop has heard all that its sockets had to say. */
  atTurnEnd(run: () => void): void;
  after(ms: number, run: () => void): void;
}

/** Asking the system costs as much as a tenth of a small operation, so between two answers the process is taken as busy. */
const ASKED_EVERY_MS = 2;
let askedAt = -Infinity;
let answered = 0;

export const processClock: Clock = {
  spent() {
    const now = performance.now();
    if (now - askedAt < ASKED_EVERY_MS) return answered + now - askedAt;
    const { user, system } = process.cpuUsage();
    askedAt = now;
    return (answered = (user + system) / 1_000);
  },
  atTurnEnd: (run) => void setImmediate(run),
  after: (ms, run) => void setTimeout(run, ms),
};
