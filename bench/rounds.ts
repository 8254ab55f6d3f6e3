import type { ChildProcess } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { post, type Contender } from './contenders.js';
import { askedOf, cpuMs, load, setDelay, type Running, type Started } from './processes.js';
import { headers } from './servers.js';
import { prove, type Workload } from './workloads.js';

/** Some seconds of one workload at one server. */
export interface Round {
  readonly perSecond: number;
  /** Processor time of the server per request, in microseconds. */
  readonly cpuMicros: number;
  /** Upstream calls per request. */
  readonly calls: number;
  /** Latency in milliseconds. */
  readonly p50: number;
}

export interface Rounds {
  /** Throws when an answer is no good. */
  round(contender: Contender, workload: Workload, forMs: number, connections?: number): Promise<Round>;
  /** Asks once and alone; throws unless the answer is whole. */
  alone(contender: Contender, workload: Workload): Promise<Alone>;
  /** One request after the other while the upstream answers late. */
  delayed(contender: Contender, workload: Workload): Promise<Round>;
}

export interface Alone {
  readonly calls: number;
  readonly bytes: number;
}

export const UPSTREAM_DELAY_MS = 5;
const IN_FLIGHT = 32;

/** Measures in rounds with one load process and one upstream double. */
export function createRounds(loader: ChildProcess, upstream: Started): Rounds {
  const sizes = new Map<string, number>();
  const key = ({ title }: Contender, { name }: Workload): string => `${name} ${title}`;

  async function round(
    contender: Contender,
    workload: Workload,
    forMs: number,
    connections = IN_FLIGHT,
  ): Promise<Round> {
    const { server } = contender;
    const size = sizes.get(key(contender, workload));
    const asked = await askedOnceQuiet(upstream);
    const before = cpuMs(pidOf(server));
    const report = await load(loader, {
      port: portOf(server),
      path: '/graphql',
      method: 'POST',
      bodies: contender.bodies(workload),
      headers,
      connections,
      forMs,
      ...(size === undefined ? {} : { size }),
    });
    if (report.answers === 0) throw new Error(`${workload.name}: no answer within ${forMs} ms`);
    if (report.failures > 0)
      throw new Error(`${workload.name}: ${report.failures} of ${report.answers} answers were no good`);
    return {
      perSecond: (report.answers / report.ms) * 1_000,
      cpuMicros: ((cpuMs(pidOf(server)) - before) * 1_000) / report.answers,
      calls: ((await askedOf(upstream)) - asked) / report.answers,
      p50: report.p50,
    };
  }

  async function alone(contender: Contender, workload: Workload): Promise<Alone> {
    const before = await askedOnceQuiet(upstream);
    const answer = await post(contender.server, contender.bodies(workload)[0] ?? '');
    prove(workload, answer);
    const measured = { calls: (await askedOf(upstream)) - before, bytes: Buffer.byteLength(answer) };
    sizes.set(key(contender, workload), measured.bytes);
    return measured;
  }

  async function delayed(contender: Contender, workload: Workload): Promise<Round> {
    await setDelay(upstream, UPSTREAM_DELAY_MS);
    try {
      return await round(contender, workload, 1_000, 1);
    } finally {
      await setDelay(upstream, 0);
    }
  }

  return { round, alone, delayed };
}

const QUIET_MS = 50;
const NEVER_QUIET_MS = 30_000;

/**
 * What the upstream had been asked once nobody asked it any more. A peer that still works off what its callers have
 * left would otherwise be counted for the next one: its calls, and the processor time that it takes from it.
 */
async function askedOnceQuiet(upstream: Started): Promise<number> {
  const started = performance.now();
  for (let asked = await askedOf(upstream); ;) {
    await setTimeout(QUIET_MS);
    const now = await askedOf(upstream);
    if (now === asked) return now;
    if (performance.now() - started > NEVER_QUIET_MS) throw new Error('the upstream is asked without end');
    asked = now;
  }
}

export const pidOf = ({ child }: Running): number => child.pid ?? 0;
export const portOf = ({ url }: Running): number => Number(new URL(url).port);
