import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { ask } from '../bench/dialogue.js';
import type { FloodOrder, FloodReport, Times } from './overload-flood.js';
import type { ProbeOrder, ProbeReport } from './overload-probe.js';
import { cpuMs, rssMb, type Started } from '../bench/processes.js';
import { headers, startGateway, startUpstream } from '../bench/servers.js';
import { workloads } from '../bench/workloads.js';

/**
 * One instance that gets five times what it can do: `npm run soak:overload -- [--seconds=60] [--times=5] [--connections=1500] [--only=light]`.
 * The gateway has a core of its own; the flood, the probe and the upstream share the other.
 */
const given = new Map(
  process.argv.slice(2).map((argument) => argument.replace(/^--/, '').split('=') as [string, string]),
);
const number = (name: string, usual: number): number => Number(given.get(name) ?? usual);
const SECONDS = number('seconds', 60);
const TIMES = number('times', 5);
const CONNECTIONS = number('connections', 1_500);

const SERVER_CORE = 0;
const OTHER_CORE = 1;
const PROBE_EVERY_MS = 50;
const WARM_UP_MS = 4_000;
const CLIMB_MS = 3_000;
/** A quick answer; so many in a row are a recovery. */
const QUICK_MS = 50;
const QUICK_IN_A_ROW = 10;

type Row = readonly [what: string, found: string, holds?: boolean];

const bodiesOf = (...names: readonly string[]): readonly string[] => {
  const lists = workloads.filter(({ name }) => names.includes(name)).map(({ bodies }) => bodies);
  return Array.from({ length: Math.max(...lists.map(({ length }) => length)) }, (_none, index) =>
    lists.map((list) => list[index % list.length] ?? ''),
  ).flat();
};
const mixes: Readonly<Record<string, readonly [title: string, bodies: readonly string[]]>> = {
  light: ['The lightest operation: one pin by id (W1)', bodiesOf('w1')],
  mixed: ['One pin, a page of 50, a field of each provider in turn (W1, W2, W4)', bodiesOf('w1', 'w2', 'w4')],
};

const start = (file: string): ChildProcess =>
  spawn('taskset', ['-c', String(OTHER_CORE), process.execPath, new URL(file, import.meta.url).pathname], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] },
  });
const flooder = start('./overload-flood.js');
const prober = start('./overload-probe.js');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function measure(title: string, bodies: readonly string[]): Promise<readonly Row[]> {
  const upstream = await startUpstream(OTHER_CORE);
  const gateway = await startGateway(SERVER_CORE, upstream);
  const order = { port: Number(new URL(gateway.url).port), headers, bodies };
  try {
    say(`\n${title}`);
    const capacity = await climb(order);
    const rssBefore = rssMb(gateway.child.pid ?? 0);
    const calm = await probe(gateway, 2_000);
    const busyBefore = cpuMs(gateway.child.pid ?? 0);
    const [flood, lives] = await Promise.all([
      ask<FloodReport>(flooder, {
        ...order,
        perSecond: capacity * TIMES,
        forMs: SECONDS * 1_000,
        connections: CONNECTIONS,
      } satisfies FloodOrder),
      probe(gateway, SECONDS * 1_000),
    ]);
    const recovery = await recover(gateway, bodies);
    return toRows({
      capacity,
      flood,
      lives,
      calm,
      recovery,
      busy: (cpuMs(gateway.child.pid ?? 0) - busyBefore) / (SECONDS * 1_000),
      growthMb: rssMb(gateway.child.pid ?? 0) - rssBefore,
    });
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
}

/** What comes back good when as many requests as can be are under way on 64 connections: the capacity. */
async function climb(order: Pick<FloodOrder, 'port' | 'headers' | 'bodies'>): Promise<number> {
  let best = 0;
  for (const forMs of [WARM_UP_MS, CLIMB_MS, CLIMB_MS, CLIMB_MS]) {
    const { good, refused } = await ask<FloodReport>(flooder, {
      ...order,
      perSecond: 100_000,
      forMs,
      connections: 64,
    } satisfies FloodOrder);
    const perSecond = (good.count / forMs) * 1_000;
    say(`64 in flight: ${Math.round(perSecond)} a second, ${good.p50} ms at the median, ${refused.count} refused`);
    best = Math.max(best, perSecond);
  }
  return best;
}

const probe = async (gateway: Started, forMs: number): Promise<readonly number[]> => {
  const { ms } = await ask<ProbeReport>(prober, {
    url: `${gateway.url}/health/live`,
    everyMs: PROBE_EVERY_MS,
    forMs,
  } satisfies ProbeOrder);
  return ms.map((one) => one ?? Infinity).toSorted((a, b) => a - b);
};

/** How long after the flood answers are quick again. */
async function recover(gateway: Started, bodies: readonly string[]): Promise<number> {
  const endedAt = performance.now();
  for (let quick = 0; quick < QUICK_IN_A_ROW && performance.now() - endedAt < 20_000;) {
    const asked = performance.now();
    const answer = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: bodies[quick] ?? '' });
    const text = await answer.text();
    quick = answer.status === 200 && !text.includes('"errors"') && performance.now() - asked < QUICK_MS ? quick + 1 : 0;
  }
  return performance.now() - endedAt;
}

interface Found {
  readonly capacity: number;
  readonly flood: FloodReport;
  readonly lives: readonly number[];
  readonly calm: readonly number[];
  readonly recovery: number;
  readonly busy: number;
  readonly growthMb: number;
}

function toRows({ capacity, flood, lives, calm, recovery, busy, growthMb }: Found): readonly Row[] {
  const perSecond = (count: number): number => Math.round(count / SECONDS);
  const show = ({ p50, p99, longest }: Times): string =>
    `p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms, longest ${Math.round(longest)} ms`;
  const at = (values: readonly number[], share: number): number =>
    values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Infinity;
  const share = flood.good.count / SECONDS / capacity;
  const others = Object.entries(flood.others)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ');
  return [
    ['capacity, 64 in flight', `${Math.round(capacity)} a second`],
    [
      'flood',
      `${perSecond(flood.sent)} sent a second, ${(flood.sent / SECONDS / capacity).toFixed(1)} x the capacity, for ${SECONDS} s over ${CONNECTIONS} connections; ${perSecond(flood.unsent)} a second found no connection free`,
    ],
    [
      'goodput',
      `${perSecond(flood.good.count)} a second, ${Math.round(share * 100)} % of capacity; ${show(flood.good)}`,
      share >= 0.7,
    ],
    [
      'refused with OVERLOADED',
      `${perSecond(flood.refused.count)} a second; ${show(flood.refused)}`,
      flood.refused.p99 <= 100,
    ],
    [
      'other answers, broken connections, not answered within 2 s',
      `${others === '' ? 0 : others}, ${flood.broken}, ${flood.late}`,
      others === '' && flood.broken + flood.late === 0,
    ],
    ['liveness before', `p50 ${at(calm, 0.5).toFixed(1)} ms, p99 ${at(calm, 0.99).toFixed(1)} ms`],
    [
      'liveness meanwhile, new connection each time',
      `p50 ${Math.round(at(lives, 0.5))} ms, p99 ${Math.round(at(lives, 0.99))} ms, longest ${Math.round(at(lives, 1))} ms of ${lives.length}`,
      at(lives, 0.99) <= 200,
    ],
    [
      'recovery',
      `${Math.round(recovery)} ms until ${QUICK_IN_A_ROW} answers in a row took less than ${QUICK_MS} ms`,
      recovery <= 5_000,
    ],
    [
      'processor of the gateway; memory',
      `${Math.round(busy * 100)} % of a core; ${growthMb >= 0 ? '+' : ''}${growthMb} MB`,
    ],
  ];
}

let text = `# Overload\n\nMeasured by \`npm run soak:overload\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}: one instance of the built gateway in production mode on one core; the flood, a probe and the upstream double on the other. Requests are sent on time whether or not earlier ones were answered, by raw keep-alive connections; times are the client's.\n`;
let broken = 0;
for (const [name, [title, bodies]] of Object.entries(mixes)) {
  if (given.has('only') && given.get('only') !== name) continue;
  text += `\n## ${title}\n\n| | found | holds |\n|---|---|---|\n`;
  for (const [what, found, holds] of await measure(title, bodies)) {
    const verdict = holds === undefined ? '' : holds ? 'yes' : 'NO';
    text += `| ${what} | ${found} | ${verdict} |\n`;
    say(`${verdict.padEnd(4)}${what}: ${found}`);
    if (holds === false) broken += 1;
  }
}
text += `\nLoad average at the end: ${(loadavg()[0] ?? 0).toFixed(1)}.\n`;
if (!given.has('only')) writeFileSync('soak/OVERLOAD.md', text);
flooder.kill();
prober.kill();
process.exitCode = broken === 0 ? 0 : 1;
