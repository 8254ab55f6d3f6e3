import type { ChildProcess } from 'node:child_process';
import type { Contender } from './contenders.js';
import type { PaceReport } from './pace.js';
import { pace, setDelay, type Started } from './processes.js';
import { portOf, UPSTREAM_DELAY_MS } from './rounds.js';
import { median } from './statistics.js';
import { headers } from './servers.js';
import type { Workload } from './workloads.js';

/** What a steady stream of requests waits for at Headgate beyond what it waits for at the floor, in milliseconds. */
export interface Steady {
  readonly perSecond: number;
  readonly floor: Quantiles;
  readonly headgate: Quantiles;
  readonly added: Quantiles;
  /** The longest of the rounds' 99th percentiles of the loop's lag, as `/metrics` tells it: its sampling step of 10 ms is part of it. */
  readonly loop99: number;
  /** By how much the sender itself was late, p99: more than 3 ms says that the machine was not quiet. */
  readonly late99: number;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export const STEADY_PER_SECOND = 500;
const WARM_UP_MS = 2_000;
const ROUND_MS = 8_000;
const TIMES = 3;

/** Sends a workload at a constant pace to the floor and to Headgate in turns, with a late upstream. */
export async function measureSteady(
  paceMaker: ChildProcess,
  upstream: Started,
  workload: Workload,
  floor: Contender,
  headgate: Contender,
): Promise<Steady> {
  const run = async (contender: Contender, forMs: number): Promise<PaceReport> => {
    const report = await pace(paceMaker, {
      port: portOf(contender.server),
      headers,
      bodies: contender.bodies(workload),
      perSecond: STEADY_PER_SECOND,
      forMs,
    });
    if (report.failures > 0)
      throw new Error(`${contender.title}: ${report.failures} of ${report.answers} answers were no good`);
    return report;
  };
  await setDelay(upstream, UPSTREAM_DELAY_MS);
  try {
    for (const contender of [floor, headgate]) await run(contender, WARM_UP_MS);
    const pairs: { readonly floor: PaceReport; readonly headgate: PaceReport; readonly loop99: number }[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      const floors = await run(floor, ROUND_MS);
      // Each reading begins a new measurement of the loop.
      await loopLag(headgate);
      pairs.push({ floor: floors, headgate: await run(headgate, ROUND_MS), loop99: await loopLag(headgate) });
    }
    const quantiles = (of: (pair: (typeof pairs)[number], quantile: keyof Quantiles) => number): Quantiles => ({
      p50: median(pairs.map((pair) => of(pair, 'p50'))),
      p99: median(pairs.map((pair) => of(pair, 'p99'))),
    });
    return {
      perSecond: STEADY_PER_SECOND,
      floor: quantiles((pair, quantile) => pair.floor[quantile]),
      headgate: quantiles((pair, quantile) => pair.headgate[quantile]),
      added: quantiles((pair, quantile) => pair.headgate[quantile] - pair.floor[quantile]),
      loop99: Math.max(...pairs.map(({ loop99 }) => loop99)),
      late99: median(pairs.flatMap((pair) => [pair.floor.late99, pair.headgate.late99])),
    };
  } finally {
    await setDelay(upstream, 0);
  }
}

async function loopLag({ server }: Contender): Promise<number> {
  const page = await (await fetch(`${server.url}/metrics`, { headers })).text();
  const seconds = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(page)?.[1];
  if (seconds === undefined) throw new Error('/metrics does not tell the lag of the loop');
  return Number(seconds) * 1_000;
}
