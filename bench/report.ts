import { cpus, loadavg } from 'node:os';
import type { Compared, Measured } from './compare.js';
import type { Absent, Contender, Field } from './contenders.js';
import type { Steady } from './latency.js';
import { UPSTREAM_DELAY_MS } from './rounds.js';
import type { WatchReport } from './watchers.js';
import type { Workload } from './workloads.js';

/** All that a run found; what it left out is undefined. */
export interface Results {
  readonly field: Field;
  readonly compared: readonly { readonly workload: Workload; readonly servers: Compared }[];
  readonly busyPerSecond: number | undefined;
  readonly metricsShare: number | undefined;
  readonly steady: Steady | undefined;
  readonly watchers: WatchReport | undefined;
  /** Resident memory of Headgate at the end, in MB. */
  readonly loadedMb: number;
  readonly minutes: number;
}

/** The results as a page. */
export function toMarkdown(results: Results): string {
  const { field, minutes } = results;
  return `# Results of \`npm run bench\`

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${minutes.toFixed(0)} minutes, load average ${loadavg()[0]?.toFixed(1)} at the end.
The server under test on one core, load and upstream double on the other; 32 requests in flight; medians of interleaved rounds of 3 seconds after a
warm-up. Absolute figures depend on the machine and on its neighbours; ratios hold better, and ratios of processor time best.

**Floor**: bare \`node:http\` and an undici pool, the same REST calls, the same JSON, no graph. **Headgate**: the built product in production
mode with an operator key, rights, limits, logs, metrics and masking. No two requests of W1 and W2 that are under way are equal; those of W3 and W4
are, so that whoever shares equal reads in flight does so there.

## Headgate against its goals

${table(['what', 'Headgate', 'goal', ''], goals(results).map(({ what, is, goal, met }) => [what, is, goal, met ? 'met' : '**missed**']))}

## All servers

Peers have no rights, limits, logs or metrics to keep; they are set up to be fast (\`bench/peers\`). Ratio = requests a second as a share of the floor's in the same round; in
brackets the floor's processor time as a share of the server's.

${comparison(results)}

${table(
  ['server', 'spawn to first answer to W1', 'resident memory after it'],
  [field.floor, field.headgate, ...field.peers].map((one) => (isAbsent(one) ? [one.title, one.reason, '–'] : [one.title, `${one.firstAnswerMs.toFixed(0)} ms`, `${one.idleMb} MB`])),
)}

**mercurius** (jit from the second execution on): resolvers by hand on the floor's kind of pool; the joins of W3 are its own loaders, one read for each distinct
id of an operation. **Tailcall**: \`@http\` fields; with \`dedupe\` it shares equal reads in flight. **Hive Gateway**: composed from an OpenAPI document, W3's joins by
additional fields that resolve to reads by id.
`;
}

interface Goal {
  readonly what: string;
  readonly is: string;
  readonly goal: string;
  readonly met: boolean;
}

function goals({ field, compared, busyPerSecond, metricsShare, steady, watchers, loadedMb }: Results): Goal[] {
  const { startMs } = field.headgate.server;
  const { idleMb } = field.headgate;
  const most = (what: string, value: number, goal: number, unit: string, digits = 1): Goal => ({
    what, is: `${value.toFixed(digits)} ${unit}`, goal: `<= ${goal} ${unit}`, met: value <= goal,
  });
  return [
    ...compared.flatMap(({ workload, servers }) => workloadGoals(workload, servers.get('Headgate'))),
    ...(busyPerSecond === undefined ? [] : [{ what: 'W1 at 64 in flight (G2)', is: `${busyPerSecond.toFixed(0)} req/s`, goal: '>= 2500 req/s', met: busyPerSecond >= 2_500 }]),
    ...(steady === undefined ? [] : [
      most(`W1 at a steady ${steady.perSecond}/s, ${UPSTREAM_DELAY_MS} ms upstream (G2): p50 beyond the floor's ${steady.floor.p50.toFixed(1)} ms`, steady.added.p50, 3, 'ms'),
      most(`the same: p99 beyond the floor's ${steady.floor.p99.toFixed(1)} ms`, steady.added.p99, 25, 'ms'),
      most('the same: p99 of the loop\'s lag as `/metrics` tells it, its sampling step of 10 ms included', steady.loop99, 25, 'ms'),
    ]),
    ...(metricsShare === undefined ? [] : [{ what: 'processor time of W1 with metrics beyond that with `METRICS=off`', is: percent(metricsShare), goal: '< 3 %', met: metricsShare < 0.03 }]),
    ...(watchers === undefined ? [] : [
      most(`W6 ${watchers.subscribers} subscribers of 200 pins that change each second (${watchers.eventsPerSecond.toFixed(0)} events/s)`, watchers.upstreamPerSecond, 2, 'upstream req/s'),
    ]),
    most('start: spawn to ready', startMs, 1_000, 'ms', 0),
    most(`resident memory idle (${loadedMb} MB after all of this)`, idleMb, 120, 'MB', 0),
  ];
}

const MOST_CALLS_OF_W3 = 4;
const ADDED_MS_OF_W4 = 3;

function workloadGoals({ name, title, goal }: Workload, headgate: Measured | string | undefined): Goal[] {
  if (headgate === undefined || typeof headgate === 'string') return [];
  const { ratio, alone, delayedP50 } = headgate;
  const added = delayedP50 - UPSTREAM_DELAY_MS;
  return [
    { what: title, is: `**${ratio.toFixed(2)}** of the floor`, goal: `>= ${goal}`, met: ratio >= goal },
    ...(name === 'w3' ? [{ what: 'W3 upstream calls of one query', is: String(alone), goal: `<= ${MOST_CALLS_OF_W3}`, met: alone <= MOST_CALLS_OF_W3 }] : []),
    ...(name === 'w4' ? [{ what: `W4 p50 beyond the slowest upstream (${UPSTREAM_DELAY_MS} ms)`, is: `${added.toFixed(1)} ms`, goal: `<= ${ADDED_MS_OF_W4} ms`, met: added <= ADDED_MS_OF_W4 }] : []),
  ];
}

function comparison({ field, compared }: Results): string {
  const cell = (value: Measured | string | undefined, shown: (measured: Measured) => string): string => (typeof value === 'object' ? shown(value) : value ?? '–');
  const all = (title: string, shown: (measured: Measured) => string): string => compared.map(({ servers }) => cell(servers.get(title), shown)).join(' · ');
  const names = compared.map(({ workload }) => workload.name.toUpperCase());
  const rows = [field.floor, field.headgate, ...field.peers].map((one) => (isAbsent(one)
    ? [one.title, ...names.map(() => one.reason), '–', '–', '–']
    : [
      one.title,
      ...compared.map(({ servers }) => cell(servers.get(one.title), (measured) => (one === field.floor
        ? `1 (${measured.perSecond.toFixed(0)}/s)` : `**${measured.ratio.toFixed(2)}** (${measured.cpuRatio.toFixed(2)})`))),
      all(one.title, ({ cpuMicros }) => cpuMicros.toFixed(0)),
      all(one.title, ({ alone, calls }) => `${alone} / ${calls.toFixed(1)}`),
      all(one.title, ({ delayedP50 }) => delayedP50.toFixed(1)),
    ]));
  const those = names.join(' · ');
  return table(['server', ...names, `µs of processor a request, ${those}`, `upstream calls a request, alone / under load, ${those}`, `p50 in ms, one at a time, ${UPSTREAM_DELAY_MS} ms upstream, ${those}`], rows);
}

const isAbsent = (one: Contender | Absent): one is Absent => 'reason' in one;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
