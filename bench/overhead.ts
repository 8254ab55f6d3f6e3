import { alone } from './contenders.js';
import type { Started } from './processes.js';
import type { Rounds } from './rounds.js';
import { median } from './statistics.js';
import { startGateway } from './servers.js';
import type { Workload } from './workloads.js';

const PAIRS = 9;
const TIMES = 3;
const WARM_UP_MS = 3_000;
const ROUND_MS = 1_000;

/** What counting costs: processor time per request beyond that of `METRICS=off`, as a share. */
export interface MetricsCost {
  /** The median of the pairs. */
  readonly share: number;
  readonly pairs: readonly number[];
}

/**
 * What counting for `/metrics` costs. Two processes are never quite equally fast, by more than is looked for here, so each side
 * is started many times.
 */
export async function measureMetrics(
  rounds: Rounds,
  core: number,
  upstream: Started,
  workload: Workload,
): Promise<MetricsCost> {
  const pairs: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const shares: number[] = [];
    const [on, off] = await Promise.all([
      startGateway(core, upstream),
      startGateway(core, upstream, { METRICS: 'off' }),
    ]);
    const cost = async (server: Started, forMs: number): Promise<number> =>
      (await rounds.round(alone('Headgate', server), workload, forMs)).cpuMicros;
    for (const server of [on, off]) await cost(server, WARM_UP_MS);
    for (let time = 0; time < TIMES; time += 1) {
      const order = time % 2 === 0 ? [on, off] : [off, on];
      const costs = new Map<Started, number>();
      for (const server of order) costs.set(server, await cost(server, ROUND_MS));
      shares.push((costs.get(on) ?? NaN) / (costs.get(off) ?? NaN) - 1);
    }
    await Promise.all([on.stop(), off.stop()]);
    pairs.push(median(shares));
  }
  return { share: median(pairs), pairs };
}
