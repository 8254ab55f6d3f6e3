import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { answerWith } from './dialogue.js';

/** Loaded into the gateway before anything else (`--import`): tells, when asked, how its event loop and its memory are. */

export interface InsideQuestion {
  readonly about: 'loop' | 'memory';
}

/** Milliseconds by which the loop was late since this was last asked. */
export interface LoopReport {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

export interface MemoryReport {
  readonly rssMb: number;
  /** After a collection of everything that is garbage. */
  readonly heapMb: number;
  readonly files: number;
  readonly timers: number;
}

const RESOLUTION_MS = 1;
const MB = 1024 * 1024;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

answerWith<InsideQuestion>(({ about }) => (about === 'loop' ? loop() : memory()));

function loop(): LoopReport {
  const late = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e5) / 10 - RESOLUTION_MS);
  const report = { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), longest: late(delay.max) };
  delay.reset();
  return report;
}

/** Timers count those that keep the process alive. */
function memory(): MemoryReport {
  const { rss } = process.memoryUsage();
  global.gc?.();
  global.gc?.();
  const report = {
    rssMb: rss / MB,
    heapMb: process.memoryUsage().heapUsed / MB,
    files: readdirSync('/proc/self/fd').length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
  };
  delay.reset();
  return report;
}
