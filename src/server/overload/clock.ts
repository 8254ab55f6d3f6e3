/** What the gate knows of time; tests hand in one that they turn by hand. */
export interface Clock {
  /** Processor time of this process so far, in milliseconds: time in which others had the core is not ours to save. */
  spent(): number;
  /** Runs something once, when this turn of the event loop has heard all that its sockets had to say. */
  atTurnEnd(run: () => void): void;
  after(ms: number, run: () => void): void;
}

export const processClock: Clock = {
  spent() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  atTurnEnd: (run) => void setImmediate(run),
  after: (ms, run) => void setTimeout(run, ms),
};
