import { cpus, loadavg } from 'node:os';
import type { QueryReport } from './churn-queries.js';
import type { Growth } from './churn-snapshots.js';
import { slopeOf, type Slope } from '../bench/slope.js';
import type { MemoryReport } from './stream-inside.js';

/** One look into the gateway. */
export interface Sample extends MemoryReport {
  /** Hours since the beginning, as the pollers count them. */
  readonly hours: number;
}

/** All that a run found. */
export interface Churned {
  readonly minutes: number;
  readonly streams: number;
  readonly pins: number;
  readonly samples: readonly Sample[];
  /** Hours at which there was a census of the heap. */
  readonly censusHours: readonly number[];
  readonly growing: readonly Growth[];
  readonly queries: QueryReport;
  readonly queriesPerSecond: number;
  /** Readers that left or whose pin ended, for each of which another came. */
  readonly left: number;
  readonly events: number;
  readonly broken: number;
}

export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly goal: string;
  readonly met: boolean;
}

const MOST_MB_PER_HOUR = 1;
/** Of the queries; a busy machine makes some of them late. */
const MOST_PASSING = 0.01;
/** Streams that come and go, and calls under way, move the counts: a leak of one per change would be thousands. */
const MOST_DRIFT = 60;

/** What the figures say of each promise. */
export function judge({ minutes, samples, growing, broken, queries, streams, events }: Churned): Finding[] {
  const hours = (samples.at(-1)?.hours ?? 0) - (samples[0]?.hours ?? 0);
  const heap = slopeOf(samples.map((sample) => [sample.hours, sample.heapMb]));
  const count = (what: string, pick: (sample: Sample) => number): Finding => {
    const slope = slopeOf(samples.map((sample) => [sample.hours, pick(sample)]));
    const values = samples.map(pick);
    return {
      what,
      found: `${Math.min(...values)} to ${Math.max(...values)}, ${told(slope, '')}`,
      goal: `flat: less than ${MOST_DRIFT} in all`,
      met: Math.abs(slope.perHour * hours) < MOST_DRIFT || Math.abs(slope.perHour) <= slope.give,
    };
  };
  return [
    {
      what: 'heap after a collection',
      found: `${range(samples.map(({ heapMb }) => heapMb))} MB, ${told(heap, ' MB')}`,
      goal: `at most ${MOST_MB_PER_HOUR} MB per simulated hour`,
      met: heap.perHour <= MOST_MB_PER_HOUR,
    },
    { what: 'resident memory', found: `${range(samples.map(({ rssMb }) => rssMb))} MB`, goal: '', met: true },
    count('open files', ({ files }) => files),
    count('timers that keep the process alive', ({ timers }) => timers),
    count('all timers in the heap', ({ allTimers }) => allTimers),
    {
      what: 'constructors that grew from each census to the next',
      found: growing.length === 0 ? 'none' : String(growing.length),
      goal: 'none',
      met: growing.length === 0,
    },
    { what: 'streams that broke', found: String(broken), goal: '0', met: broken === 0 },
    {
      what: 'queries answered as they should be',
      found:
        `${queries.asked}, ${(queries.asked / (minutes * 60)).toFixed(0)} a second; ${queries.passing} ` +
        `failed for want of time, ${queries.leftOut} left out`,
      goal: `all but ${MOST_PASSING * 100} %`,
      met: queries.passing <= queries.asked * MOST_PASSING,
    },
    {
      what: 'events to each reader',
      found: `${(events / streams / (minutes * 60)).toFixed(1)} a second`,
      goal: '',
      met: true,
    },
  ];
}

/** The page. */
export function toMarkdown(churned: Churned, interval: { readonly ms: number; readonly usualMs: number }): string {
  const { minutes, samples, growing, censusHours, queries, left, streams, pins } = churned;
  const scale = interval.usualMs / interval.ms;
  return `# What stays behind

\`npm run soak:churn\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${minutes.toFixed(1)} minutes that stand for ${((minutes / 60) * scale).toFixed(1)} hours, load average ${loadavg()[0]?.toFixed(1)} at the end.

Polls come each ${interval.ms} ms instead of ${interval.usualMs} and caches forget ${scale} times as fast, so that time is compressed ${scale} times. ${streams} readers watch ${pins} pins, all of
which change at every poll; ${left} readers left or saw their pin end, and as many came. Beside them ${churned.queriesPerSecond} queries a second of ten kinds: ${Object.entries(
    queries.byKind,
  )
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ')}.
The first ${(samples[0]?.hours ?? 0).toFixed(1)} hours are left out, and caches were filled before. Slopes are lines of least squares over ${samples.length} looks, each after a full collection, with 95 % of confidence.

| what | found | goal | |
|---|---|---|---|
${judge(churned)
  .map(
    ({ what, found, goal, met }) =>
      `| ${what} | ${found} | ${goal} | ${goal === '' ? '' : met ? 'met' : '**missed**'} |`,
  )
  .join('\n')}
${
  growing.length === 0
    ? ''
    : `\n| grew at every census (at hours ${censusHours.map((hour) => hour.toFixed(1)).join(', ')}) | ` +
      'objects | KB ' +
      `|\n|---|---|---|\n${growing.map(({ name, counts, bytes }) => `| ${name.replaceAll('|', '\\|')} | ${counts.join(' ')} | ${bytes.map((each) => Math.round(each / 1024)).join(' ')} |`).join('\n')}\n`
}`;
}

const range = (values: readonly number[]): string =>
  `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
const told = ({ perHour, give }: Slope, unit: string): string =>
  `${perHour.toFixed(2)} ± ${give.toFixed(2)}${unit} per simulated hour`;
