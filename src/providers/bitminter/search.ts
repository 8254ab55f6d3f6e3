import type { PoolRow } from './model.js';

interface SeenWindow {
  readonly offset: number;
  readonly rows: readonly PoolRow<unknown>[];
}

/**
 * Decides where to look next for a row that is not where it was: rows that arrived at the top push it down, rows that
 * vanished there pull it up. Times fall from row to row, and several rows may share one.
 */
export class Search {
  private readonly step: number;
  private stride: number;
  /** The window at this offset ends before the row. */
  private above: number | undefined;
  /** The window at this offset begins behind the row. */
  private below: number | undefined;
  /** What is left to try where the row should be and is not. */
  private nearby: number[] | undefined;

  /** `window`: rows of a full window; `time`: the row's own, in epoch seconds. */
  constructor(
    private readonly window: number,
    private readonly time: number,
  ) {
    this.step = window - 1;
    this.stride = this.step;
  }

  /** The offset to read after this window, which does not hold the row; undefined when the row is gone. */
  next(seen: SeenWindow): number | undefined {
    if (this.nearby) return this.nearby.shift();
    const newest = seen.rows[0]?.time;
    const oldest = seen.rows.at(-1)?.time;
    const {
      offset,
      rows: { length },
    } = seen;
    if (newest === undefined || oldest === undefined || newest < this.time) return this.goUp(offset);
    if (newest === this.time && oldest < this.time) return this.goUp(offset);
    // Where all rows share its time it may lie on either side; far more often rows arrive than vanish.
    if (oldest >= this.time && length === this.window) return this.goDown(offset);
    if (oldest >= this.time) return newest > this.time ? undefined : this.goUp(offset);
    // It should be here. Should times not quite fall from row to row, it is close by.
    this.nearby = [offset + this.step, offset - this.step].filter((candidate) => candidate >= 0);
    return this.nearby.shift();
  }

  private goDown(offset: number): number {
    this.above = offset;
    if (this.below !== undefined && this.below <= offset + this.step) this.below = this.moved();
    return this.below === undefined ? offset + this.leap() : this.between(offset, this.below);
  }

  private goUp(offset: number): number | undefined {
    this.below = offset;
    if (offset === 0) return undefined;
    if (this.above !== undefined && offset <= this.above + this.step) this.above = this.moved();
    return this.above === undefined ? Math.max(0, offset - this.leap()) : this.between(this.above, offset);
  }

  /** Two findings contradict each other: the later one holds, and the row is not far. */
  private moved(): undefined {
    this.stride = this.step;
  }

  /** Each leap is twice as wide as the one before. */
  private leap(): number {
    const { stride } = this;
    this.stride *= 2;
    return stride;
  }

  private between(above: number, below: number): number {
    return above + Math.max(1, Math.floor((below - above) / 2 / this.step)) * this.step;
  }
}
