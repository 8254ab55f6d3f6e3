import { cpus, loadavg } from 'node:os';
import type { WatchReport } from './watchers.js';

interface Side {
  readonly perSecond: number;
  readonly cpuMicros: number;
  /** Upstream calls a request under load. */
  readonly calls: number;
  /** Upstream calls of one request alone. */
  readonly alone: number;
}

/** One workload, medians of its rounds. */
export interface Row {
  readonly title: string;
  readonly goal: number;
  /** Requests a second as a share of the floor's. */
  readonly ratio: number;
  /** The floor's processor time as a share of the gateway's: the same question, less troubled by neighbours. */
  readonly cpuRatio: number;
  readonly floor: Side;
  readonly gateway: Side;
  /** Median latency of single requests beyond that of the slowest upstream, in milliseconds. */
  readonly addedMs: number;
}

export interface Results {
  readonly rows: readonly Row[];
  readonly startMs: number;
  readonly idleMb: number;
  readonly loadedMb: number;
  readonly busyPerSecond: number;
  readonly watchers: WatchReport;
}

const mark = (met: boolean): string => (met ? 'met' : '**missed**');
const whole = (value: number): string => value.toFixed(0);

/** The results as a page. */
export function toMarkdown({ rows, startMs, idleMb, loadedMb, busyPerSecond, watchers }: Results): string {
  const table = rows.map(({ title, goal, ratio, cpuRatio, floor, gateway, addedMs }) => `| ${[
    title, whole(floor.perSecond), whole(gateway.perSecond), `**${ratio.toFixed(2)}**`, cpuRatio.toFixed(2), `${whole(floor.cpuMicros)} · ${whole(gateway.cpuMicros)}`,
    `${floor.alone} / ${floor.calls.toFixed(1)}`, `${gateway.alone} / ${gateway.calls.toFixed(1)}`, addedMs.toFixed(1), `${goal} ${mark(ratio >= goal)}`,
  ].join(' | ')} |`);
  return `# Results of \`npm run bench\`

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load average ${loadavg()[0]?.toFixed(1)} at the end. The server under test on
one core, load and upstream double on the other; 32 requests in flight; medians of interleaved rounds of 3 seconds after a warm-up. Absolute
figures depend on the machine and on its neighbours; ratios hold better, and the ratio of processor times best.

**Floor**: bare \`node:http\` and an undici pool, the same REST calls, the same JSON, no graph. **Headgate**: the built product in production
mode with an operator key, rights, limits, logs, metrics and masking. No two requests of W1 and W2 that are under way are equal; those of W3 and W4
are, so that Headgate shares their reads.

| workload | floor req/s | Headgate req/s | ratio | ratio of processor time | µs of processor a request, floor · Headgate | upstream calls floor: alone / under load | Headgate | added ms p50 at 5 ms upstream | goal |
|---|---|---|---|---|---|---|---|---|---|
${table.join('\n')}

| also | value | goal |
|---|---|---|
| W1 at 64 in flight (G2) | ${whole(busyPerSecond)} req/s | 2,500 ${mark(busyPerSecond >= 2_500)} |
| W6 ${watchers.subscribers} subscribers of 200 pins that change each second | ${watchers.upstreamPerSecond.toFixed(1)} upstream req/s, ${whole(watchers.eventsPerSecond)} events/s | 2 ${mark(watchers.upstreamPerSecond <= 2)} |
| start: spawn to ready | ${whole(startMs)} ms | 1,000 ${mark(startMs <= 1_000)} |
| resident memory: idle, after everything | ${idleMb} MB, ${loadedMb} MB | 120 idle ${mark(idleMb <= 120)} |
`;
}
