import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { askedOf, cpuMs, load, rssMb, setDelay, startLoad, type Started } from './processes.js';
import { toMarkdown, type Row } from './report.js';
import { headers, startFloor, startGateway, startUpstream } from './servers.js';
import { pause, watch } from './watchers.js';
import { workloads, type Workload } from './workloads.js';

/** The bench: Headgate as it is built and configured for production, against the floor, in interleaved rounds. Writes RESULTS.md. */

const SERVER_CORE = 0;
const OTHER_CORE = 1;
const WARM_UP_MS = 3_000;
const ROUND_MS = 3_000;
const ROUNDS = 3;
const IN_FLIGHT = 32;
const UPSTREAM_DELAY_MS = 5;

const upstream = await startUpstream(OTHER_CORE);
// The first start fills the disk cache; the second one is what is told.
await (await startGateway(SERVER_CORE, upstream)).stop();
const gateway = await startGateway(SERVER_CORE, upstream);
const pid = (server: Started): number => server.child.pid ?? 0;
await ask(gateway, 'query { pinningServices { name } }');
await pause(2_000);
const idleMb = rssMb(pid(gateway));
const floor = await startFloor(SERVER_CORE, upstream);
const loader = startLoad(OTHER_CORE);

async function ask(server: Started, query: string): Promise<void> {
  await (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).text();
}

interface Round {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly calls: number;
  readonly p50: number;
}

async function round(server: Started, workload: Workload, forMs: number, connections: number): Promise<Round> {
  const before = [cpuMs(pid(server)), await askedOf(upstream)] as const;
  const report = await load(loader, { port: Number(new URL(server.url).port), path: '/graphql', method: 'POST', bodies: workload.bodies, headers, connections, forMs });
  if (report.failures > 0) throw new Error(`${workload.name}: ${report.failures} of ${report.answers} answers were no good`);
  return {
    perSecond: (report.answers / report.ms) * 1_000,
    cpuMicros: ((cpuMs(pid(server)) - before[0]) * 1_000) / report.answers,
    calls: (await askedOf(upstream) - before[1]) / report.answers,
    p50: report.p50,
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function single(server: Started, body: string): Promise<number> {
  const before = await askedOf(upstream);
  await (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).text();
  return await askedOf(upstream) - before;
}

async function measure(workload: Workload): Promise<Row> {
  const [body = ''] = workload.bodies;
  const alone = { floor: await single(floor, body), gateway: await single(gateway, body) };
  for (const server of [floor, gateway]) await round(server, workload, WARM_UP_MS, IN_FLIGHT);
  const pairs: { readonly floor: Round; readonly gateway: Round }[] = [];
  for (let count = 0; count < ROUNDS; count += 1) {
    pairs.push({ floor: await round(floor, workload, ROUND_MS, IN_FLIGHT), gateway: await round(gateway, workload, ROUND_MS, IN_FLIGHT) });
  }
  await setDelay(upstream, UPSTREAM_DELAY_MS);
  const slow = await round(gateway, workload, 1_000, 1);
  await setDelay(upstream, 0);
  const of = (who: 'floor' | 'gateway', what: keyof Round): number => median(pairs.map((pair) => pair[who][what]));
  return {
    title: workload.title, goal: workload.goal,
    ratio: median(pairs.map((pair) => pair.gateway.perSecond / pair.floor.perSecond)),
    cpuRatio: median(pairs.map((pair) => pair.floor.cpuMicros / pair.gateway.cpuMicros)),
    floor: { perSecond: of('floor', 'perSecond'), cpuMicros: of('floor', 'cpuMicros'), calls: of('floor', 'calls'), alone: alone.floor },
    gateway: { perSecond: of('gateway', 'perSecond'), cpuMicros: of('gateway', 'cpuMicros'), calls: of('gateway', 'calls'), alone: alone.gateway },
    addedMs: slow.p50 - UPSTREAM_DELAY_MS,
  };
}

const rows: Row[] = [];
for (const workload of workloads) {
  rows.push(await measure(workload));
  process.stdout.write(`${workload.title}: ${rows.at(-1)?.ratio.toFixed(2)} of the floor\n`);
}
const [w1] = workloads;
const busy = w1 ? await round(gateway, w1, ROUND_MS, 64) : undefined;
const watchers = await watch(gateway, upstream, 5_000);
const loadedMb = rssMb(pid(gateway));
writeFileSync('bench/RESULTS.md', toMarkdown({ rows, startMs: gateway.startMs, idleMb, loadedMb, busyPerSecond: busy?.perSecond ?? 0, watchers }));
loader.kill();
await once(loader, 'exit');
await Promise.all([gateway.stop(), floor.stop()]);
await upstream.stop();
