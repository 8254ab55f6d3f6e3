import { monitorEventLoopDelay } from 'node:perf_hooks';
import { answerWith } from '../bench/dialogue.js';

/** Loaded into the gateway before anything else (`--import`): tells, when asked, how long its event loop stood still and what it holds. */

export interface InsideReport {
  /** Milliseconds by which the loop was late at most, since this was last asked. */
  readonly blockMs: number;
  /** Processor time since this was last asked, all threads. */
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Errors that nobody caught, so far. */
  readonly uncaught: number;
}

const RESOLUTION_MS = 1;
/** The probe's timer must fire once more to see the end of a block. */
const SETTLE_MS = 4;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let before = process.cpuUsage();
let uncaught = 0;
process.on('uncaughtExceptionMonitor', () => (uncaught += 1));

answerWith<{ readonly collect?: boolean }>(async ({ collect }) => {
  await new Promise((resolve) => {
    setTimeout(resolve, SETTLE_MS);
  });
  const { user, system } = process.cpuUsage(before);
  const blockMs = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
  if (collect === true) global.gc?.();
  const report: InsideReport = {
    blockMs,
    cpuMs: (user + system) / 1_000,
    rssMb: process.memoryUsage.rss() / 1024 / 1024,
    uncaught,
  };
  before = process.cpuUsage();
  delay.reset();
  return report;
});
