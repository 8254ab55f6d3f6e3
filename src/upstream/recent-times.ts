/** How many answers the median is taken from: enough to be steady, few enough to show a bad minute at once. */
const KEPT = 50;

/** How long the last answers of an upstream took. */
export class RecentTimes {
  private readonly times: number[] = [];
  private next = 0;

  add(ms: number): void {
    this.times[this.next] = ms;
    this.next = (this.next + 1) % KEPT;
  }

  /** Undefined before the first answer. */
  median(): number | undefined {
    return this.times.toSorted((a, b) => a - b)[Math.floor(this.times.length / 2)];
  }
}
