import { spawnSync } from 'node:child_process';
import { startRedis } from '../test/support/start-redis.js';
import { cpuMs, load, rssMb, start, startLoad, stop } from './processes.js';
import { gatewaySettings, headers, productArgs, productFile, startUpstream } from './servers.js';
import { workloads } from './workloads.js';

/**
 * What `headgate serve --workers N` multiplies on this machine: the built product in production mode with a real Redis, one pin by
 * id with 64 in flight, N = 1 and 2 in turn. Load, upstream and Redis run on the same cores, so that on two cores the gateway never
 * has both: the figure is the least that a second worker brings.
 */

const ROUNDS = 2;
const CONNECTIONS = 64;
/** Long enough for V8 to have compiled what is asked, also where each of two processes gets half of the requests. */
const WARM_MS = 40_000;
const MEASURE_MS = 8_000;
const ANY_CORE = '0-1';

const redis = await startRedis();
const upstream = await startUpstream(ANY_CORE);
const loader = startLoad(ANY_CORE);
const [w1] = workloads;
if (!w1) throw new Error('there is no workload');

/** Requests a second, and memory of all processes, of one start. */
async function measure(
  workers: number,
): Promise<{ readonly perSecond: number; readonly p99: number; readonly cpuMicros: number; readonly mb: number }> {
  const server = await start({
    core: ANY_CORE,
    nodeArgs: productArgs,
    file: productFile,
    args: ['serve', '--workers', String(workers)],
    env: { ...gatewaySettings(upstream), REDIS_URL: redis.url, HEADGATE_SECRET: 'a-secret-for-the-bench' },
  });
  const order = {
    port: Number(new URL(server.url).port),
    path: '/graphql',
    headers,
    method: 'POST',
    bodies: w1?.bodies ?? [],
    connections: CONNECTIONS,
  } as const;
  await load(loader, { ...order, forMs: WARM_MS });
  const pids = [server.child.pid ?? 0, ...childrenOf(server.child.pid ?? 0)];
  const sumOf = (read: (pid: number) => number) => pids.reduce((sum, pid) => sum + read(pid), 0);
  const usedBefore = sumOf(cpuMs);
  const { answers, failures, ms, p99 } = await load(loader, { ...order, forMs: MEASURE_MS });
  if (failures > 0) throw new Error(`${failures} requests failed`);
  const cpuMicros = ((sumOf(cpuMs) - usedBefore) * 1_000) / answers;
  const mb = sumOf(rssMb);
  await server.stop();
  return { perSecond: (answers * 1_000) / ms, p99, cpuMicros, mb };
}

/** None where one worker is the process itself. */
function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return stdout.split(/\s+/).filter(Boolean).map(Number);
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

try {
  const ratios: number[] = [];
  const seen = new Map([1, 2].map((workers) => [workers, [] as Awaited<ReturnType<typeof measure>>[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [workers, found] of seen) found.push(await measure(workers));
    const [one, two] = [...seen.values()].map((found) => found.at(-1)?.perSecond ?? NaN);
    ratios.push((two ?? NaN) / (one ?? NaN));
  }
  for (const [workers, found] of seen) {
    const of = (name: keyof Awaited<ReturnType<typeof measure>>) => median(found.map((one) => one[name])).toFixed(0);
    console.log(
      `--workers ${workers}: ${of('perSecond')} requests/s, p99 ${of('p99')} ms, ${of('cpuMicros')} us of processor a request, ${of('mb')} MB in all`,
    );
  }
  console.log(`a second worker: ${median(ratios).toFixed(2)} times the requests of one (median of ${ROUNDS} rounds)`);
} finally {
  await Promise.all([stop(loader), upstream.stop(), redis.stop()]);
}
