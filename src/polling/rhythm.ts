import type { Pace } from './watch.js';

/** How a source's reads are put together. */
export interface Rhythm extends Pace {
  /** Ids that arrive within this many milliseconds share their first read. */
  readonly gatherMs: number;
  /** An id joins a read that comes early by at most this share of its interval. */
  readonly slack: number;
  /** Share of the interval by which a read's successor comes earlier or later. */
  readonly jitter: number;
  /** What was there is gone only when looks over so many milliseconds, three at least, all say so. */
  readonly goneAfterMs: number;
  /** 0 to 1, as Math.random. */
  random(): number;
}
