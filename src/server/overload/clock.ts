import { preciseNow } from '../../values/clock.js';

/** What the gate knows of time; tests hand in one that they turn by hand. */
export interface Clock {
  /** Processor time of this process so far, in milliseconds: time in which others had the core is not ours to save. */
  spent(): number;
  /** Runs something once, when this turn of the event loop has heard all that its sockets had to say. */
  atTurnEnd(run: () => void): void;
  after(ms: number, run: () => void): void;
}

/**
 * Asking the system costs as much as a whole small operation while other threads run, so what has just been looked at is taken
 * as busy since. Shorter than what the gate calls a long turn: whatever looks like one has been asked for.
 */
const TAKEN_AS_BUSY_MS = 6;
let lookedAt = -Infinity;
let spentThen = 0;

export const processClock: Clock = {
  spent() {
    const now = preciseNow();
    const since = now - lookedAt;
    lookedAt = now;
    if (since < TAKEN_AS_BUSY_MS) return (spentThen += since);
    const { user, system } = process.cpuUsage();
    return (spentThen = (user + system) / 1_000);
  },
  atTurnEnd: (run) => void setImmediate(run),
  after: (ms, run) => void setTimeout(run, ms),
};
