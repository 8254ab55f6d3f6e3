import type { Contender } from './contenders.js';
import type { Round, Rounds } from './rounds.js';
import { median } from './statistics.js';
import type { Workload } from './workloads.js';

/** One server on one workload, medians of its rounds. */
export interface Measured {
  readonly perSecond: number;
  readonly cpuMicros: number;
  /** Upstream calls a request: alone, and under load. */
  readonly alone: number;
  readonly calls: number;
  /** Requests a second as a share of the floor's in the same round. */
  readonly ratio: number;
  /** The same as a share of the plain proxy's. */
  readonly plainRatio: number;
  /** The floor's processor time as a share of this one's: the same question, less troubled by neighbours. */
  readonly cpuRatio: number;
  /** Median latency of single requests while the upstream is late, in milliseconds. */
  readonly delayedP50: number;
}

/** Servers by title; a text says why one was not measured. */
export type Compared = ReadonlyMap<string, Measured | string>;

/** Who takes part. */
export interface Compare {
  readonly floor: Contender;
  readonly plain: Contender;
  readonly others: readonly Contender[];
}

/** V8 compiles what is hot for as long as this. */
const WARM_UP_MS = 7_000;
/** Short, so that a change of the machine's mood seldom comes between the floor's round and the one that is compared with it. */
const ROUND_MS = 1_000;

/** The process of a contender whose turn it is. */
const inTurn = (contender: Contender, turn: number): Contender => ({
  ...contender,
  server: contender.servers[turn % contender.servers.length] ?? contender.server,
});

/**
 * Runs a workload at every server in interleaved rounds. One that fails is left out from there on; the floor must not,
 * for all are compared with it.
 */
export async function compare(
  rounds: Rounds,
  workload: Workload,
  { floor, plain, others }: Compare,
  times: number,
): Promise<Compared> {
  const failed = new Map<Contender, string>();
  const attempt = async <Value>(contender: Contender, act: () => Promise<Value>): Promise<Value | undefined> => {
    if (failed.has(contender)) return undefined;
    try {
      return await act();
    } catch (error) {
      if (contender === floor) throw error;
      process.stderr.write(`${workload.title}: ${contender.title}: ${String(error)}\n`);
      failed.set(contender, 'failed');
      return undefined;
    }
  };

  const everyone = [floor, plain, ...others];
  const alone = new Map<Contender, number>();
  for (const contender of everyone) {
    await attempt(contender, async () => {
      alone.set(contender, (await rounds.alone(contender, workload)).calls);
      for (const turn of contender.servers.keys()) await rounds.round(inTurn(contender, turn), workload, WARM_UP_MS);
    });
  }
  const sets: Map<Contender, Round>[] = [];
  for (let time = 0; time < times; time += 1) {
    const set = new Map<Contender, Round>();
    // Each time in the other direction, so that nobody always follows the same neighbour.
    for (const contender of time % 2 === 0 ? everyone : everyone.toReversed()) {
      const round = await attempt(contender, () => rounds.round(inTurn(contender, time), workload, ROUND_MS));
      if (round) set.set(contender, round);
    }
    sets.push(set);
  }
  const delayed = new Map<Contender, number>();
  for (const contender of everyone)
    await attempt(contender, async () => delayed.set(contender, (await rounds.delayed(contender, workload)).p50));

  return new Map(
    everyone.map((contender) => [
      contender.title,
      failed.get(contender) ?? {
        ...summary(sets, contender, floor, plain),
        alone: alone.get(contender) ?? NaN,
        delayedP50: delayed.get(contender) ?? NaN,
      },
    ]),
  );
}

function summary(
  sets: readonly ReadonlyMap<Contender, Round>[],
  contender: Contender,
  floor: Contender,
  plain: Contender,
): Omit<Measured, 'alone' | 'delayedP50'> {
  const of = (value: (its: Round, others: Round) => number, other = floor): number =>
    median(
      sets.flatMap((set) => {
        const [its, others] = [set.get(contender), set.get(other)];
        return its && others ? [value(its, others)] : [];
      }),
    );
  return {
    perSecond: of((its) => its.perSecond),
    cpuMicros: of((its) => its.cpuMicros),
    calls: of((its) => its.calls),
    ratio: of((its, floors) => its.perSecond / floors.perSecond),
    plainRatio: of((its, plains) => its.perSecond / plains.perSecond, plain),
    cpuRatio: of((its, floors) => floors.cpuMicros / its.cpuMicros),
  };
}
