/** Milliseconds without any answer before it may be called silence; longer where answers are slow. */
const SHORTEST_MS = 250;
/** The same while nothing was ever answered, so that nobody knows what is slow. */
const UNKNOWN_MS = 500;
/** How many times the slowest of the recent answers is not usual any more. */
const UNUSUAL = 3;
/** What remains of the slowest answer with each one that follows: after about a hundred it is forgotten. */
const MEMORY = 0.97;
/** What comes faster than one in so many milliseconds is a burst, and given time as one, but no longer than this. */
const BURST_MS = 8;
const LONGEST_BURST_MS = 1000;
const STEP_MS = 10;

/**
 * Tells when an upstream has stopped answering at all: some attempts were made since it was last heard, and longer ago than
 * even its slow answers take. The time is counted in steps, each of them as long as it should have been: while this process
 * is held up itself, it neither hears answers nor counts.
 */
export class Silence {
  private underWay = 0;
  private unheard = 0;
  private quietMs = 0;
  private patienceMs = UNKNOWN_MS;
  private slowestMs = 0;
  private listening = false;
  private certain = false;
  private timer: NodeJS.Timeout | undefined;

  /** So many attempts must be without an answer. */
  constructor(private readonly enough: number) {}

  /** Whether it is silent now. */
  get lasts(): boolean {
    return this.certain;
  }

  /** An attempt leaves. */
  sent(): void {
    this.underWay += 1;
    this.unheard += 1;
    if (this.unheard === this.enough && !this.listening) this.listen();
  }

  /** An attempt is over, with an answer after so many milliseconds. */
  heard(ms: number): void {
    this.underWay -= 1;
    this.endSilence();
    this.slowestMs = Math.max(ms, this.slowestMs * MEMORY);
    this.patienceMs = Math.max(SHORTEST_MS, this.slowestMs * UNUSUAL);
  }

  /** An attempt is over without one. */
  lost(): void {
    this.underWay -= 1;
    // With nobody left to be answered there is nothing to hear.
    if (this.underWay === 0) this.endSilence();
  }

  private endSilence(): void {
    this.unheard = this.quietMs = 0;
    this.certain = false;
  }

  private listen(): void {
    this.listening = true;
    this.quietMs = 0;
    this.timer = this.timer?.refresh() ?? setTimeout(() => this.step(), STEP_MS).unref();
  }

  private step(): void {
    this.listening = this.unheard >= this.enough;
    if (!this.listening) return;
    this.quietMs += STEP_MS;
    this.certain = this.quietMs >= Math.max(this.patienceMs, Math.min(LONGEST_BURST_MS, this.unheard * BURST_MS));
    this.listening = !this.certain;
    if (this.listening) this.timer?.refresh();
  }
}
