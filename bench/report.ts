import { cpus, loadavg } from 'node:os';
import type { Compared, Measured } from './compare.js';
import { STARTS, type Absent, type Contender, type Field } from './contenders.js';
import type { Steady } from './latency.js';
import type { MetricsCost } from './overhead.js';
import { UPSTREAM_DELAY_MS, type Round } from './rounds.js';
import type { WatchReport } from './watchers.js';
import type { Workload } from './workloads.js';

/** What a part of the run found; undefined when it was not asked for. */
type Found<Part> = Part | 'failed' | undefined;

/** All that a run found. */
export interface Results {
  readonly field: Field;
  readonly compared: readonly { readonly workload: Workload; readonly servers: Compared }[];
  readonly busy: Found<Round>;
  /** What metrics cost of a W1. */
  readonly metrics: Found<MetricsCost>;
  readonly steady: Found<Steady>;
  readonly watchers: Found<WatchReport>;
  /** Resident memory of Headgate at the end, in MB. */
  readonly loadedMb: number;
  readonly minutes: number;
  /** Of the machine, before anything began. */
  readonly loadBefore: number;
}

/** The results as a page. */
export function toMarkdown(results: Results): string {
  const { field, minutes, compared, loadBefore } = results;
  return `# Results of \`npm run bench\`

${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${minutes.toFixed(0)} minutes, load average ${loadBefore.toFixed(1)} before and ${loadavg()[0]?.toFixed(1)} at the end.
The server under test on one core, load and upstream double on the other; 32 requests in flight; medians of interleaved rounds of a second after a
warm-up, in which ${STARTS} processes each of the floor, the plain proxy and Headgate take turns: V8 compiles no two alike. Absolute figures depend on the machine
and on its neighbours; ratios hold better, and ratios of processor time best.

**Floor**: the least that \`node:http\` and undici allow: the same REST calls by \`dispatch\`, nothing parsed, answers of one turn written
together. **Plain proxy**: what anybody would write with them: parsed and shaped JSON, promises, no graph. **Headgate**: the built product in production
mode with an operator key, rights, limits, logs, metrics and masking. No two requests of W1 and W2 that are under way are equal; those of W3 and W4
are, so that whoever shares equal reads in flight does so there.

## Headgate against its goals

${table(
  ['what', 'Headgate', 'goal', ''],
  goals(results).map(({ what, is, goal, met }) => [what, is, goal, met ? 'met' : '**missed**']),
)}

## All servers

Peers have no rights, limits, logs or metrics to keep; they are set up to be fast (\`bench/peers\`). ${compared.length > 0 ? comparison(results) : ''}

${table(
  ['server', 'spawn to first answer to W1', 'resident memory after it'],
  [field.floor, field.plain, field.headgate, ...field.peers].map((one) =>
    isAbsent(one)
      ? [one.title, one.reason, '–']
      : [one.title, `${one.firstAnswerMs.toFixed(0)} ms`, `${one.idleMb} MB`],
  ),
)}

**mercurius** (jit from the second execution on): resolvers by hand on the floor's kind of pool; W3 reads each distinct id once an operation (its own
loaders cost more: they turn each row into a key). **Tailcall**: \`@http\` fields; with \`dedupe\` it also answers equal operations in flight by executing one. **Hive Gateway**: composed from an OpenAPI document, W3's joins by
additional fields that resolve to reads by id.
`;
}

interface Goal {
  readonly what: string;
  readonly is: string;
  readonly goal: string;
  readonly met: boolean;
}

function goals({ field, compared, busy, metrics, steady, watchers, loadedMb }: Results): Goal[] {
  return [
    ...compared.flatMap(({ workload, servers }) => workloadGoals(workload, servers.get('Headgate'))),
    ...part('W1 at 64 in flight (G2)', busy, ({ perSecond }) => [
      least('W1 at 64 in flight (G2)', perSecond, 2_500, 'req/s'),
    ]),
    ...part('W1 at a steady pace (G2)', steady, ({ perSecond, floor, added, loop99, late99 }) => [
      most(
        `W1 at a steady ${perSecond}/s, ${UPSTREAM_DELAY_MS} ms upstream (G2): p50 beyond the floor's ${floor.p50.toFixed(1)} ms`,
        added.p50,
        3,
        'ms',
      ),
      most(
        `the same: p99 beyond the floor's ${floor.p99.toFixed(1)} ms (the sender's own lateness: ${late99.toFixed(1)} ms)`,
        added.p99,
        25,
        'ms',
      ),
      most(
        "the same: p99 of the loop's lag as `/metrics` tells it, its sampling step of 10 ms included",
        loop99,
        25,
        'ms',
      ),
    ]),
    ...part('metrics', metrics, ({ share, pairs }) => [
      most(
        `processor time of W1 beyond that with \`METRICS=off\`, median of ${pairs.length} pairs of processes ` +
          `(${percent(Math.min(...pairs))} to ${percent(Math.max(...pairs))} %)`,
        share * 100,
        3,
        '%',
      ),
    ]),
    ...part('W6', watchers, ({ subscribers, upstreamPerSecond, eventsPerSecond }) => [
      most(
        `W6 ${subscribers} subscribers of 200 pins that change each second (${eventsPerSecond.toFixed(0)} events/s)`,
        upstreamPerSecond,
        2,
        'upstream req/s',
      ),
    ]),
    most(`start: spawn to ready, median of ${STARTS}`, field.headgate.readyMs, 1_000, 'ms', 0),
    most(
      `resident memory idle, median of ${STARTS} starts (${loadedMb} MB after all of this)`,
      field.headgate.idleMb,
      120,
      'MB',
      0,
    ),
  ];
}

function part<Part>(name: string, found: Found<Part>, show: (found: Part) => Goal[]): Goal[] {
  if (found === undefined) return [];
  return found === 'failed' ? [{ what: name, is: 'failed', goal: '–', met: false }] : show(found);
}

const most = (what: string, value: number, goal: number, unit: string, digits = 1): Goal => ({
  what,
  is: `${value.toFixed(digits)} ${unit}`,
  goal: `<= ${goal} ${unit}`,
  met: value <= goal,
});
const least = (what: string, value: number, goal: number, unit: string): Goal => ({
  what,
  is: `${value.toFixed(0)} ${unit}`,
  goal: `>= ${goal} ${unit}`,
  met: value >= goal,
});

const percent = (share: number): string => (share * 100).toFixed(0);

const MOST_CALLS_OF_W3 = 4;
const ADDED_MS_OF_W4 = 3;

function workloadGoals({ name, title, goal }: Workload, headgate: Measured | string | undefined): Goal[] {
  if (typeof headgate !== 'object') return [{ what: title, is: 'failed', goal: `>= ${goal}`, met: false }];
  const { ratio, plainRatio, alone, delayedP50 } = headgate;
  return [
    {
      what: title,
      is: `**${plainRatio.toFixed(2)}** of the plain proxy (${ratio.toFixed(2)} of the floor)`,
      goal: `>= ${goal} of the plain proxy`,
      met: plainRatio >= goal,
    },
    ...(name === 'w3' ? [most('W3 upstream calls of one query', alone, MOST_CALLS_OF_W3, 'calls', 0)] : []),
    ...(name === 'w4'
      ? [
          most(
            `W4 p50 beyond the slowest upstream (${UPSTREAM_DELAY_MS} ms)`,
            delayedP50 - UPSTREAM_DELAY_MS,
            ADDED_MS_OF_W4,
            'ms',
          ),
        ]
      : []),
  ];
}

/** The servers side by side, workload by workload. */
function comparison({ field, compared }: Results): string {
  const cell = (value: Measured | string | undefined, shown: (measured: Measured) => string): string =>
    typeof value === 'object' ? shown(value) : (value ?? 'failed');
  const all = (title: string, shown: (measured: Measured) => string): string =>
    compared.map(({ servers }) => cell(servers.get(title), shown)).join(' · ');
  const names = compared.map(({ workload }) => workload.name.toUpperCase());
  const rows = [field.floor, field.plain, field.headgate, ...field.peers].map((one) =>
    isAbsent(one)
      ? [one.title, ...names.flatMap(() => [one.reason, '–']), '–', '–', '–']
      : [
          one.title,
          ...compared.flatMap(({ servers }) => [
            cell(servers.get(one.title), (measured) =>
              one === field.floor
                ? `1 (${measured.perSecond.toFixed(0)}/s)`
                : `**${measured.ratio.toFixed(2)}** (${measured.cpuRatio.toFixed(2)})`,
            ),
            cell(servers.get(one.title), ({ plainRatio }) => plainRatio.toFixed(2)),
          ]),
          all(one.title, ({ cpuMicros }) => cpuMicros.toFixed(0)),
          all(one.title, ({ alone, calls }) => `${alone} / ${calls.toFixed(1)}`),
          all(one.title, ({ delayedP50 }) => delayedP50.toFixed(1)),
        ],
  );
  const those = names.join(' · ');
  return `Ratios are requests a second as a share of the floor's, and of the plain
proxy's, in the same round; in brackets the floor's processor time as a share of the server's.

${table(['server', ...names.flatMap((name) => [`${name}, of the floor`, 'of the plain proxy']), `µs of processor a request, ${those}`, `upstream calls a request, alone / under load, ${those}`, `p50 in ms, one at a time, ${UPSTREAM_DELAY_MS} ms upstream, ${those}`], rows)}`;
}

const isAbsent = (one: Contender | Absent): one is Absent => 'reason' in one;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
