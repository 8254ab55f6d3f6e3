import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { queryObjects, writeHeapSnapshot } from 'node:v8';
import { answerWith } from '../bench/dialogue.js';

/** Loaded into the gateway before anything else (`--import`): tells, when asked, how its event loop and its memory are. */

export interface InsideQuestion {
  readonly about: 'loop' | 'memory' | 'snapshot';
  /** Where a snapshot goes. */
  readonly file?: string;
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
  /** Timers that keep the process alive, and all timers there are, those that were cleared but are still held included. */
  readonly timers: number;
  readonly allTimers: number;
}

const RESOLUTION_MS = 1;
const MB = 1024 * 1024;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

answerWith<InsideQuestion>(({ about, file }) => {
  if (about === 'snapshot') return { file: writeHeapSnapshot(file) };
  return about === 'loop' ? loop() : memory();
});

const timer = setTimeout(() => {}, 0);
const Timer = timer.constructor as new () => NodeJS.Timeout;

function loop(): LoopReport {
  const late = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e5) / 10 - RESOLUTION_MS);
  const report = { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), longest: late(delay.max) };
  delay.reset();
  return report;
}

function memory(): MemoryReport {
  const { rss } = process.memoryUsage();
  global.gc?.();
  global.gc?.();
  const report = {
    rssMb: rss / MB,
    heapMb: process.memoryUsage().heapUsed / MB,
    files: readdirSync('/proc/self/fd').length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    allTimers: queryObjects(Timer, { format: 'count' }),
  };
  delay.reset();
  return report;
}
