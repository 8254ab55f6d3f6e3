import { createHash } from 'node:crypto';
import { z } from 'zod';
import { compareDecimals } from '../../values/decimal.js';
import { isLosslessObject } from '../../values/lossless.js';
import { badResponse, type Reading } from '../reading.js';
import {
  byChain,
  count,
  decimal,
  faultPath,
  faultReason,
  float,
  giga,
  instant,
  label,
  mega,
  seconds,
  smallCount,
  smallInteger,
} from './fields.js';
import { asRow, need, readCount, readFloat } from './plain.js';
import type {
  BlockStatus,
  HashRate,
  PoolBlock,
  PoolFigures,
  PoolRow,
  PoolShift,
  RoundFigures,
  TopMiner,
} from './model.js';

const statuses = new Map<string, BlockStatus>([
  ['processing', 'PROCESSING'],
  ['unconfirmed', 'UNCONFIRMED'],
  ['confirmed', 'CONFIRMED'],
  ['stale', 'STALE'],
  ['orphan', 'ORPHAN'],
]);

const figures = { hash_rate: giga, active_workers: smallCount, active_users: smallCount };

const statsDto = z.object(figures);

const roundDto = z.object({
  ...figures,
  shift_accepted: count,
  shift_rejected: count,
  shift_duration: float,
  shift_score: float,
  chains: byChain(readRoundWork),
});

/** Of one chain; there may be thousands. */
function readRoundWork(source: unknown): Omit<RoundFigures['chains'][number], 'chain'> {
  const row = asRow(source);
  return {
    accepted: need(row, 'accepted', readCount),
    rejected: need(row, 'rejected', readCount),
    durationSeconds: need(row, 'duration', readFloat),
    difficulty: need(row, 'difficulty', readFloat),
  };
}

const blockDto = z.object({
  id: label,
  chain: z.string().min(1),
  hash: z.string(),
  height: smallCount,
  difficulty: float,
  income: decimal.nullish(),
  accepted: count,
  rejected: count,
  status: z.string(),
  confirmations_left: smallInteger.nullish(),
  generator: z.union([z.literal('').transform(() => null), label]).nullish(),
  generated: instant,
  duration: float,
});

const shiftDto = z.object({
  id: label,
  difficulty: float,
  accepted: count,
  rejected: count,
  score: float,
  completed: instant,
  duration: float,
});

const placeDto = z.object({ id: label, time: seconds });

/** One schema applied to a whole answer; throws bad_response naming the path of the first fault. */
export function read<T>(
  schema: z.ZodType<T>,
  source: unknown,
  reading: Reading,
  at: readonly (string | number)[] = [],
): T {
  const parsed = schema.safeParse(source);
  if (!parsed.success) throw badResponse(reading, faultReason(parsed.error), faultPath(parsed.error, at));
  return parsed.data;
}

export function parseStats(source: unknown, reading: Reading): PoolFigures {
  return figuresOf(read(statsDto, source, reading));
}

export function parseHashRate(source: unknown, reading: Reading): HashRate {
  return read(giga, source, reading);
}

export function parseSmallCount(source: unknown, reading: Reading): number {
  return read(smallCount, source, reading);
}

export function parseRound(source: unknown, reading: Reading): RoundFigures {
  const dto = read(roundDto, source, reading);
  return {
    hashRate: dto.hash_rate,
    activeWorkers: dto.active_workers,
    activeUsers: dto.active_users,
    shift: {
      accepted: dto.shift_accepted,
      rejected: dto.shift_rejected,
      durationSeconds: dto.shift_duration,
      score: dto.shift_score,
    },
    chains: dto.chains.map(([chain, work]) => ({ chain, ...work })),
  };
}

function figuresOf(dto: z.output<typeof statsDto>): PoolFigures {
  return { hashRate: dto.hash_rate, activeWorkers: dto.active_workers, activeUsers: dto.active_users };
}

export function parseBlocks(source: unknown, reading: Reading): readonly PoolRow<PoolBlock>[] {
  return parseRows(source, 'generated', reading, (row, at) => {
    const dto = read(blockDto, row, reading, at);
    return {
      blockId: dto.id,
      chain: dto.chain,
      hash: dto.hash,
      height: dto.height,
      difficulty: dto.difficulty,
      income: dto.income ?? null,
      accepted: dto.accepted,
      rejected: dto.rejected,
      status: statuses.get(dto.status.toLowerCase()) ?? 'UNKNOWN',
      confirmationsLeft: dto.confirmations_left ?? null,
      generator: dto.generator ?? null,
      generatedAt: dto.generated,
      durationSeconds: dto.duration,
    };
  });
}

export function parseShifts(source: unknown, reading: Reading): readonly PoolRow<PoolShift>[] {
  return parseRows(source, 'completed', reading, (row, at) => {
    const dto = read(shiftDto, row, reading, at);
    return {
      shiftId: dto.id,
      difficulty: dto.difficulty,
      accepted: dto.accepted,
      rejected: dto.rejected,
      score: dto.score,
      completedAt: dto.completed,
      durationSeconds: dto.duration,
    };
  });
}

/**
 * The rows of a listing. One that cannot be read is an Error in its place. Throws when none of them even has a place,
 * which is its id and its time.
 */
function parseRows<Node>(
  source: unknown,
  timeKey: string,
  reading: Reading,
  parse: (row: unknown, at: readonly number[]) => Node,
): readonly PoolRow<Node>[] {
  if (!Array.isArray(source)) throw badResponse(reading, 'shape');
  if (source.length > MOST_ROWS) throw badResponse(reading, 'too_large');
  const places = source.map(
    (row: unknown) => placeDto.safeParse(isLosslessObject(row) ? { id: row['id'], time: row[timeKey] } : row).data,
  );
  let time = places.find((place) => place !== undefined)?.time;
  if (source.length > 0 && time === undefined) throw badResponse(reading, 'shape', `0.${timeKey}`);
  return source.map((row: unknown, index) => {
    time = places[index]?.time ?? time;
    const node = settle(() => parse(row, [index]));
    const id = places[index]?.id;
    return { id: id ?? faultyId(row), ...(id === undefined && { nameless: true }), time: time ?? 0, node };
  });
}

/** A page has fifty; what is far above would only be work. */
const MOST_ROWS = 1_000;

/** A row without an id is known by its content. */
function faultyId(row: unknown): string {
  return `?${createHash('sha256')
    .update(JSON.stringify(row) ?? '')
    .digest('hex')
    .slice(0, 16)}`;
}

function settle<T>(make: () => T): T | Error {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** The miners by rate: the order of an object's keys says nothing, and names of digits alone come first in it. */
export function parseTop50(source: unknown, reading: Reading): readonly TopMiner[] {
  if (!isLosslessObject(source)) throw badResponse(reading, 'shape');
  const entries = Object.entries(source);
  if (entries.length > MOST_ROWS) throw badResponse(reading, 'too_large');
  return entries
    .map(([name, rate], index) => ({ name, hashRate: read(mega, rate, reading, [index]) }))
    .sort((a, b) => compareDecimals(b.hashRate, a.hashRate) || (a.name < b.name ? -1 : 1))
    .map((miner, index) => ({ rank: index + 1, ...miner }));
}
