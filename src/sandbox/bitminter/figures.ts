import { numberOf } from '../names.js';
import { blocksAt, chainOf, chains } from './blocks.js';

/** The time of the pool, in epoch seconds, and how fast things happen. */
export interface PoolTime {
  readonly startedAt: number;
  readonly now: number;
  readonly speed: number;
}

const BASE_GHPS = 1_843_207.62;
const SHIFT = 3_600;
const SEED_SHIFTS = 80;
const FIRST_SHIFT_ID = 51_141;
/** Accounts and their usual rates in Mh/s. One has a name of digits alone. */
const miners: readonly (readonly [name: string, mhps: number])[] = [
  ['rigwright', 61_250_400.5],
  ['coldbarn', 40_118_233.1],
  ['20817', 38_990_012],
  ['hydro_shed', 22_044_910.75],
  ['hollow_creek', 13_502_114.2],
  ...Array.from({ length: 45 }, (_, index): [string, number] => [
    `miner_${String(index + 1).padStart(2, '0')}`,
    9_000_000 - index * 171_000.5,
  ]),
];

/** Wanders a few percent around 1, every few seconds anew, always the same at the same time. */
function drift(label: string, now: number): number {
  const slow = Math.floor(now / 5) / 20;
  const phase = numberOf(label, 1_000) / 100;
  return 1 + 0.02 * Math.sin(slow + phase) + 0.008 * Math.sin(slow * 3.1 + phase);
}

export function statsAt({ now }: PoolTime) {
  return {
    hash_rate: Number((BASE_GHPS * drift('pool', now)).toFixed(2)),
    active_workers: Math.round(2_914 * drift('workers', now)),
    active_users: Math.round(871 * drift('users', now)),
  };
}

/** When the running shift began, in epoch seconds, and how many were completed since the start. */
export function runningShift({ startedAt, now, speed }: PoolTime): {
  readonly began: number;
  readonly completed: number;
} {
  const length = SHIFT / speed;
  const completed = Math.max(0, Math.floor((now - startedAt) / length));
  return { began: startedAt + completed * length, completed };
}

export function roundAt(time: PoolTime): Record<string, unknown> {
  const { began } = runningShift(time);
  const duration = Math.max(0, time.now - began);
  const blocks = blocksAt(time.startedAt, time.now, time.speed);
  const stats = statsAt(time);
  return {
    ...stats,
    // The rate as text: clients have seen both.
    hash_rate: String(stats.hash_rate),
    shift_accepted: Math.floor(duration * 490_000),
    shift_rejected: Math.floor(duration * 720),
    shift_duration: Math.floor(duration),
    shift_score: Number((duration * 489_355.6).toFixed(4)),
    chains: Object.fromEntries(
      chains.map((chain) => {
        const lastBlock = blocks.find(({ number }) => chainOf(number) === chain)?.generated ?? time.startedAt;
        const since = Math.max(0, time.now - lastBlock);
        return [
          chain,
          {
            accepted: Math.floor(since * 490_000),
            rejected: Math.floor(since * 720),
            duration: Math.floor(since),
            difficulty: chain === 'BTC' ? 5_077_499_034_879.02 : 1_287_364_110_211.5,
          },
        ];
      }),
    ),
  };
}

/** Completed shifts, newest first. */
export function shiftsAt(time: PoolTime): Record<string, unknown>[] {
  const { completed } = runningShift(time);
  return Array.from({ length: SEED_SHIFTS + completed }, (_, index) => {
    const number = SEED_SHIFTS + completed - 1 - index;
    const sinceSeed = number - (SEED_SHIFTS - 1);
    const accepted = 1_740_000_000 + numberOf(`shift/${number}`, 40_000_000);
    return {
      id: FIRST_SHIFT_ID + number,
      difficulty: 5_077_499_034_879.02,
      accepted: number % 5 === 0 ? String(accepted) : accepted,
      rejected: Math.floor(accepted / 680),
      score: Number((accepted * 0.99815).toFixed(4)),
      completed: Math.floor(time.startedAt + (sinceSeed > 0 ? (sinceSeed * SHIFT) / time.speed : sinceSeed * SHIFT)),
      duration: SHIFT,
    };
  });
}

export function top50At({ now }: PoolTime): Record<string, number> {
  return Object.fromEntries(miners.map(([name, mhps]) => [name, Number((mhps * drift(name, now)).toFixed(2))]));
}

/** An account's rate in Mh/s; undefined when the pool has no such account. */
export function rateOf(name: string, now: number): number | undefined {
  const mhps = miners.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1];
  return mhps === undefined ? undefined : Number((mhps * drift(name.toLowerCase(), now)).toFixed(2));
}
