/**
 * Milliseconds on this process's monotonic clock, for durations of every kind: they go by the same whatever somebody does to
 * the clock on the wall. Shown as if counted from the epoch, as of the process's start; yet no date, and it means nothing to
 * another process or life. Dates come from `Date.now()`, in the few files that `test/architecture.test.ts` names.
 */
export function monotonicNow(): number {
  return Math.floor(preciseNow());
}

/** The same clock with its fractions, for what is over within a few milliseconds. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
