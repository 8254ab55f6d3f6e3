import { z } from 'zod';
import { MOST_MEMBERS } from '../../values/answer-bounds.js';
import { instantFromSeconds } from '../../values/instant.js';
import type { MaybePromise } from '../../values/maybe-promise.js';
import type { Turn } from '../../values/next-turn.js';
import { takeSteps, type Steps } from '../../values/steps.js';
import { badResponse, type Reading } from '../reading.js';
import { byChain, count, float, instant, label, mega, pathText, smallCount } from './fields.js';
import type { Count, Miner, MinerWork, MinerWorker } from './model.js';
import {
  asRow,
  need,
  readChains,
  readCount,
  readDecimal,
  readLabel,
  readMega,
  readSeconds,
  Unreadable,
  want,
  type Reads,
} from './plain.js';
import { read } from './wire.js';

const readSecondsOrNull: Reads<number | null> = (value) => (value === null ? null : readSeconds(value));
const readFlag: Reads<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
const readWorks: Reads<readonly MinerWork[]> = (value) =>
  readChains(value, readWork).map(([chain, work]) => ({ chain, ...work }));

const userDto = z.object({
  name: label,
  active_workers: smallCount,
  hash_rate: mega,
  now: instant,
  round_start: byChain(readSecondsOrNull),
  shift: z
    .object({ start: instant, accepted: count, rejected: count, user_score: float, total_score: float })
    .nullish(),
  balances: byChain(readDecimal),
  workers: z.custom<readonly unknown[]>(Array.isArray),
});

/** So many machines, and what they did on so many chains, are read in a turn. */
const ROWS_A_TURN = 3_000;

function* readWorkers(sources: readonly unknown[], reading: Reading): Steps<readonly MinerWorker[]> {
  if (sources.length > MOST_MEMBERS) throw badResponse(reading, 'too_large', 'workers');
  const workers: MinerWorker[] = [];
  let rows = 0;
  for (const source of sources) {
    if (rows > ROWS_A_TURN) {
      rows = 0;
      yield;
    }
    try {
      const worker = readWorker(source);
      workers.push(worker);
      rows += 1 + worker.work.length;
    } catch (thrown) {
      if (!(thrown instanceof Unreadable)) throw thrown;
      throw badResponse(reading, thrown.reason, pathText(['workers', workers.length, ...thrown.path]));
    }
  }
  return workers;
}

/** One machine. Throws Unreadable. */
function readWorker(source: unknown): MinerWorker {
  const row = asRow(source);
  const name = need(row, 'name', readLabel);
  const hashRate = need(row, 'hash_rate', readMega);
  const lastWork = want(row, 'last_work', readSeconds);
  return {
    name,
    hashRate,
    // A machine that never worked says 0, null or nothing.
    lastWorkAt: lastWork ? instantFromSeconds(lastWork) : null,
    alive: need(row, 'alive', readFlag),
    work: want(row, 'work', readWorks) ?? [],
  };
}

/** What a machine did on one chain. Throws Unreadable. */
function readWork(source: unknown): Omit<MinerWork, 'chain'> {
  const row = asRow(source);
  const totalAccepted = need(row, 'total_accepted', readCount);
  const totalRejected = need(row, 'total_rejected', readCount);
  // The counters as they were at the last reset; no reset, no checkpoint.
  const checkpointAccepted = want(row, 'checkpoint_accepted', readCount) ?? '0';
  const checkpointRejected = want(row, 'checkpoint_rejected', readCount) ?? '0';
  return {
    totalAccepted,
    totalRejected,
    checkpointAccepted,
    checkpointRejected,
    sinceResetAccepted: since(totalAccepted, checkpointAccepted),
    sinceResetRejected: since(totalRejected, checkpointRejected),
  };
}

/** One account from the wire, in several turns when it has many machines. Throws bad_response naming the path of the first fault. */
export function parseMiner(source: unknown, reading: Reading, turn: Turn): MaybePromise<Miner> {
  return takeSteps(readMiner(source, reading), turn);
}

function* readMiner(source: unknown, reading: Reading): Steps<Miner> {
  const dto = read(userDto, source, reading);
  const workers = yield* readWorkers(dto.workers, reading);
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
    workers,
  };
}

/** Digits that a double holds whatever they are: what is counted with it is exact. */
const SAFE_DIGITS = 15;

function since(total: Count, checkpoint: Count): Count {
  if (total.length <= SAFE_DIGITS && checkpoint.length <= SAFE_DIGITS)
    return String(Math.max(0, Number(total) - Number(checkpoint)));
  const difference = BigInt(total) - BigInt(checkpoint);
  return String(difference > 0n ? difference : 0n);
}
