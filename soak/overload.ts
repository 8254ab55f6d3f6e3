import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ask } from '../bench/dialogue.js';
import { cpuMs, own, rssMb, startLoad, type Started } from '../bench/processes.js';
import { headers, productFile, startGateway, startUpstream } from '../bench/servers.js';
import { workloads } from '../bench/workloads.js';
import { watchOthers } from './cores.js';
import { createCapacity } from './overload-capacity.js';
import { median } from '../bench/statistics.js';
import type { FloodOrder, FloodReport } from './overload-flood.js';
import { freePort } from './free-port.js';
import { noProbe, probe } from './overload-probing.js';
import { toMarkdown, type Flooded, type Mix } from './overload-report.js';

/**
 * One instance that gets more than it can do: `npm run soak:overload`. `-- --beside=FOLDER` measures another built checkout in turns
 * with this one; `--seconds=10 --rounds=6 --times=2 --times=3 --only=light` say how long, how often, how much and of what. The
 * gateway has a core of its own; the crowd, the probes and the upstream share the other.
 */
const { values: options } = parseArgs({
  options: {
    beside: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '6' },
    times: { type: 'string', multiple: true, default: ['2', '3'] },
    only: { type: 'string' },
  },
});
const SECONDS = Number(options.seconds);

const SERVER_CORE = 0;
const OTHER_CORE = 1;
const RISE_MS = 3_000;
/** A quick answer; so many in a row are a recovery. */
const QUICK_MS = 50;
const QUICK_IN_A_ROW = 10;

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
  own(
    spawn('taskset', ['-c', String(OTHER_CORE), process.execPath, new URL(file, import.meta.url).pathname], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { PATH: process.env['PATH'] },
    }),
  );
const flooder = start('./overload-flood.js');
const probers = [start('./overload-probe.js'), start('./overload-probe.js')] as const;
const loader = startLoad(OTHER_CORE);
const { capacity, warmUp } = createCapacity(loader);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Contender {
  readonly title: string;
  readonly gateway: Started;
  readonly healthPort: number;
  /** What of this soak runs on the gateway's core, and on the other. */
  readonly ours: readonly [readonly number[], readonly number[]];
  /** All that was measured: one of them alone is out by a quarter now and then. */
  readonly capacities: number[];
}

async function startContender(title: string, file: string, upstream: Started): Promise<Contender> {
  const healthPort = await freePort();
  const gateway = await startGateway(SERVER_CORE, upstream, { HEALTH_PORT: String(healthPort) }, [], file);
  const others = [upstream.child, flooder, ...probers, loader];
  return {
    title,
    gateway,
    healthPort,
    ours: [[gateway.child.pid ?? 0], others.map(({ pid }) => pid ?? 0)],
    capacities: [],
  };
}

async function measure(bodies: readonly string[]): Promise<readonly Flooded[]> {
  const upstream = await startUpstream(OTHER_CORE);
  const contenders = [await startContender('new', productFile, upstream)];
  if (options.beside !== undefined)
    contenders.unshift(await startContender('old', resolve(options.beside, 'dist/main.js'), upstream));
  const found: Flooded[] = [];
  try {
    for (const one of contenders) await warmUp(one.gateway, bodies);
    for (let round = 0; round < Number(options.rounds); round += 1)
      for (const times of options.times.map(Number))
        // Each round in the other direction, so that nobody always follows the same neighbour.
        for (const one of round % 2 === 0 ? contenders : contenders.toReversed()) {
          found.push(await overload(one, bodies, times));
          say(JSON.stringify(found.at(-1)));
        }
  } finally {
    await Promise.all(contenders.map(({ gateway }) => gateway.stop()));
    await upstream.stop();
  }
  return found;
}

async function overload(one: Contender, bodies: readonly string[], times: number): Promise<Flooded> {
  const { title, gateway, healthPort } = one;
  const pid = gateway.child.pid ?? 0;
  const before = await capacity(gateway, bodies);
  one.capacities.push(before.perSecond);
  const busyBefore = cpuMs(pid);
  const others = [watchOthers(SERVER_CORE, one.ours[0]), watchOthers(OTHER_CORE, one.ours[1])] as const;
  const began = performance.now();
  const [flood, lives, workerLives] = await Promise.all([
    ask<FloodReport>(flooder, {
      port: portOf(gateway),
      headers,
      bodies,
      perSecond: median(one.capacities) * times,
      riseMs: RISE_MS,
      forMs: SECONDS * 1_000,
    } satisfies FloodOrder),
    probe(probers[0], `${gateway.url}/health/live`, RISE_MS, SECONDS * 1_000),
    title === 'old'
      ? noProbe
      : probe(probers[1], `http://127.0.0.1:${healthPort}/health/live`, RISE_MS, SECONDS * 1_000),
  ]);
  const busy = (cpuMs(pid) - busyBefore) / (performance.now() - began);
  const taken = [others[0](), others[1]()] as const;
  const recoveryMs = await recover(gateway, bodies);
  const rss = rssMb(pid);
  // The machine may have changed its mind meanwhile.
  const after = await capacity(gateway, bodies);
  one.capacities.push(after.perSecond);
  return {
    title,
    times,
    seconds: flood.countedMs / 1_000,
    capacity: (before.perSecond + after.perSecond) / 2,
    capacities: [before.perSecond, after.perSecond],
    capacityBusy: (before.busy + after.busy) / 2,
    costMs: (before.costMs + after.costMs) / 2,
    flood,
    liveness99: lives.held99,
    rising99: lives.rising99,
    worker99: workerLives === noProbe ? null : Math.max(workerLives.rising99, workerLives.held99),
    probeLate99: lives.late99,
    taken,
    recoveryMs,
    busy,
    rssMb: rss,
  };
}

const portOf = ({ url }: Started): number => Number(new URL(url).port);

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

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const loadBefore = loadavg()[0] ?? NaN;
const measured: Mix[] = [];
for (const [name, [title, bodies]] of Object.entries(mixes)) {
  if (options.only !== undefined && options.only !== name) continue;
  measured.push({ title, floods: await measure(bodies) });
}
const { page, missed } = toMarkdown(measured, [loadBefore, loadavg()[0] ?? NaN]);
say(page);
if (options.only === undefined) writeFileSync('soak/OVERLOAD.md', page);
for (const child of [flooder, ...probers, loader]) child.kill();
process.exitCode = missed === 0 ? 0 : 1;
