import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ask } from '../bench/dialogue.js';
import { load, own, startLoad, cpuMs, rssMb, type Started } from '../bench/processes.js';
import { headers, productFile, startGateway, startUpstream } from '../bench/servers.js';
import { median } from '../bench/statistics.js';
import { workloads } from '../bench/workloads.js';
import type { FloodOrder, FloodReport } from './overload-flood.js';
import type { ProbeOrder, ProbeReport } from './overload-probe.js';
import { toMarkdown, type Flooded, type Mix } from './overload-report.js';

/**
 * One instance that gets more than it can do: `npm run soak:overload`. `-- --beside=FOLDER` measures another built checkout in turns
 * with this one; `--seconds=10 --rounds=2 --times=2 --times=3 --only=light` say how long, how often, how much and of what. The
 * gateway has a core of its own; the crowd, the probes and the upstream share the other.
 */
const { values: options } = parseArgs({
  options: {
    beside: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '2' },
    times: { type: 'string', multiple: true, default: ['2', '3'] },
    only: { type: 'string' },
  },
});
const SECONDS = Number(options.seconds);

const SERVER_CORE = 0;
const OTHER_CORE = 1;
const PROBE_EVERY_MS = 50;
const WARM_UP_MS = 4_000;
const CAPACITY_MS = 2_000;
const RISE_MS = 3_000;
const IN_FLIGHT = 64;
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
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Contender {
  readonly title: string;
  readonly gateway: Started;
  readonly healthPort: number;
}

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });

async function startContender(title: string, file: string, upstream: Started): Promise<Contender> {
  const healthPort = await freePort();
  const gateway = await startGateway(SERVER_CORE, upstream, { HEALTH_PORT: String(healthPort) }, [], file);
  return { title, gateway, healthPort };
}

async function measure(bodies: readonly string[]): Promise<readonly Flooded[]> {
  const upstream = await startUpstream(OTHER_CORE);
  const contenders = [await startContender('new', productFile, upstream)];
  if (options.beside !== undefined)
    contenders.unshift(await startContender('old', resolve(options.beside, 'dist/main.js'), upstream));
  const found: Flooded[] = [];
  try {
    for (const one of contenders) await capacity(one, bodies, WARM_UP_MS);
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

/** Good answers a second when 64 callers each wait for theirs before they ask again. */
async function capacity({ gateway }: Contender, bodies: readonly string[], forMs: number): Promise<number> {
  const { answers, ms } = await load(loader, {
    port: portOf(gateway),
    path: '/graphql',
    method: 'POST',
    headers,
    bodies,
    connections: IN_FLIGHT,
    forMs,
  });
  return (answers / ms) * 1_000;
}

async function overload(one: Contender, bodies: readonly string[], times: number): Promise<Flooded> {
  const { title, gateway, healthPort } = one;
  const pid = gateway.child.pid ?? 0;
  const before = await capacity(one, bodies, CAPACITY_MS);
  const busyBefore = cpuMs(pid);
  const [flood, lives, workerLives] = await Promise.all([
    ask<FloodReport>(flooder, {
      port: portOf(gateway),
      headers,
      bodies,
      perSecond: before * times,
      riseMs: RISE_MS,
      forMs: SECONDS * 1_000,
    } satisfies FloodOrder),
    probe(probers[0], `${gateway.url}/health/live`),
    title === 'old' ? [] : probe(probers[1], `http://127.0.0.1:${healthPort}/health/live`),
  ]);
  const busy = (cpuMs(pid) - busyBefore) / (SECONDS * 1_000 + RISE_MS);
  const recoveryMs = await recover(gateway, bodies);
  const rss = rssMb(pid);
  // The machine may have changed its mind meanwhile.
  const after = await capacity(one, bodies, CAPACITY_MS);
  return {
    title,
    times,
    seconds: SECONDS,
    capacity: median([before, after, (before + after) / 2]),
    flood,
    liveness99: at(lives, 0.99),
    worker99: workerLives.length === 0 ? null : at(workerLives, 0.99),
    recoveryMs,
    busy,
    rssMb: rss,
  };
}

const probe = async (prober: ChildProcess, url: string): Promise<readonly number[]> => {
  const order: ProbeOrder = { url, everyMs: PROBE_EVERY_MS, forMs: RISE_MS + SECONDS * 1_000 };
  const { ms } = await ask<ProbeReport>(prober, order);
  return ms.map((one) => one ?? Infinity).toSorted((a, b) => a - b);
};
const at = (values: readonly number[], share: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Infinity;
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
