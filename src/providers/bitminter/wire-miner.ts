import type { Reading } from '../reading.js';
import { z } from 'zod';
import { instantFromSeconds } from '../../values/instant.js';
import { byChain, count, decimal, float, instant, label, mega, seconds, smallCount } from './fields.js';
import type { Count, Miner, MinerWork } from './model.js';
import { read } from './wire.js';

const zeroWhenAbsent = count.nullish().transform((value) => value ?? '0');

const workDto = z.object({
  total_accepted: count,
  total_rejected: count,
  // The counters as they were at the last reset; no reset, no checkpoint.
  checkpoint_accepted: zeroWhenAbsent,
  checkpoint_rejected: zeroWhenAbsent,
});

const workerDto = z.object({
  name: label,
  hash_rate: mega,
  last_work: seconds.nullish(),
  alive: z.boolean(),
  work: byChain(workDto).nullish(),
});

const userDto = z.object({
  name: label,
  active_workers: smallCount,
  hash_rate: mega,
  now: instant,
  round_start: byChain(seconds.nullable()),
  shift: z
    .object({ start: instant, accepted: count, rejected: count, user_score: float, total_score: float })
    .nullish(),
  balances: byChain(decimal),
  workers: z.array(workerDto),
});

/** One account from the wire. Throws bad_response naming the path of the first fault. */
export function parseMiner(source: unknown, reading: Reading): Miner {
  const dto = read(userDto, source, reading);
  return {
    name: dto.name,
    hashRate: dto.hash_rate,
    activeWorkers: dto.active_workers,
    asOf: dto.now,
    balances: dto.balances.map(([chain, amount]) => ({ chain, amount })),
    roundStarts: dto.round_start.flatMap(([chain, start]) =>
      start ? [{ chain, startedAt: instantFromSeconds(start) }] : [],
    ),
    shift: dto.shift
      ? {
          startedAt: dto.shift.start,
          accepted: dto.shift.accepted,
          rejected: dto.shift.rejected,
          userScore: dto.shift.user_score,
          totalScore: dto.shift.total_score,
        }
      : null,
    workers: dto.workers.map((worker) => ({
      name: worker.name,
      hashRate: worker.hash_rate,
      // A worker that never worked says 0, null or nothing.
      lastWorkAt: worker.last_work ? instantFromSeconds(worker.last_work) : null,
      alive: worker.alive,
      work: (worker.work ?? []).map(([chain, work]) => workOn(chain, work)),
    })),
  };
}

function workOn(chain: string, work: z.output<typeof workDto>): MinerWork {
  return {
    chain,
    totalAccepted: work.total_accepted,
    totalRejected: work.total_rejected,
    checkpointAccepted: work.checkpoint_accepted,
    checkpointRejected: work.checkpoint_rejected,
    sinceResetAccepted: since(work.total_accepted, work.checkpoint_accepted),
    sinceResetRejected: since(work.total_rejected, work.checkpoint_rejected),
  };
}

function since(total: Count, checkpoint: Count): Count {
  const difference = BigInt(total) - BigInt(checkpoint);
  return String(difference > 0n ? difference : 0n);
}
