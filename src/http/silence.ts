/** Milliseconds without any answer before it may be called silence; longer where answers are slow. */
const shortestMs = 250;
/** The same while nothing was ever answered, so that nobody knows what is slow. */
const unknownMs = 500;
/** How many times the slowest of the recent answers is not usual any more. */
const unusual = 3;
/** What remains of the slowest answer with each one that follows: after about a hundred it is forgotten. */
const memory = 0.97;

/**
 * Tells when an upstream has stopped answering at all: some attempts were made since it was last heard, and the last of
 * those few was made longer ago than even its slow answers take. Costs a few numbers per attempt, and neither timer nor
 * clock.
 */
export class Silence {
  private underWay = 0;
  private unheard = 0;
  private since = 0;
  private patienceMs = unknownMs;
  private slowestMs = 0;
  private suspected = false;
  private certain = false;

  /** So many attempts must be without an answer. */
  constructor(private readonly enough: number) {}

  /** An attempt leaves. */
  sent(now: number): void {
    if (this.underWay === 0) this.unheard = 0;
    this.underWay += 1;
    this.unheard += 1;
    if (this.unheard === this.enough) this.since = now;
  }

  /** An attempt that left at `sentAt` is over, with an answer. */
  heard(sentAt: number, now: number): void {
    this.underWay -= 1;
    this.unheard = 0;
    this.certain = false;
    this.slowestMs = Math.max(now - sentAt, this.slowestMs * memory);
    this.patienceMs = Math.max(shortestMs, this.slowestMs * unusual);
  }

  /** An attempt is over without one. */
  lost(): void {
    this.underWay -= 1;
    if (this.underWay === 0) this.certain = false;
  }

  /** Whether it is silent now. */
  lasts(now: number): boolean {
    if (!this.certain && !this.suspected && this.unheard >= this.enough && this.underWay > 0 && now - this.since > this.patienceMs) this.suspect();
    return this.certain;
  }

  /** When this process itself was held up, answers may have come that it has not read yet: it reads before it is certain. */
  private suspect(): void {
    const { since } = this;
    this.suspected = true;
    setImmediate(() => {
      this.suspected = false;
      this.certain = this.underWay > 0 && this.unheard >= this.enough && this.since === since;
    });
  }
}
